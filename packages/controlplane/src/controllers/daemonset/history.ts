// The revisions of a daemon set: its past templates as ControllerRevisions, which `kubectl rollout undo` goes back to. Pure.

import { type DaemonSet, type KubeObject, resources, type Stored } from '@selvedge/kubernetes';
import { controllerReference } from '../machinery/pod-ownership.ts';
import { canonicalJson, templateHash } from '../machinery/template-hash.ts';
import { revisionLabel } from './placement.ts';

export interface Revision extends Stored<KubeObject> {
  data?: unknown;
  revision?: number;
}

export type HistoryStep =
  | { readonly kind: 'current'; readonly revision: Revision }
  | { readonly kind: 'raise'; readonly revision: Revision; readonly to: number }
  | { readonly kind: 'create'; readonly object: KubeObject; readonly hash: string };

/** What makes the present template the newest revision. */
export function decideHistory(daemonSet: Stored<DaemonSet>, revisions: readonly Revision[]): HistoryStep {
  const data = templatePatch(daemonSet);
  const text = canonicalJson(data);
  const highest = Math.max(0, ...revisions.map((one) => one.revision ?? 0));
  const same = newest(revisions.filter((one) => canonicalJson(one.data) === text));
  if (same && (same.revision ?? 0) === highest) return { kind: 'current', revision: same };
  if (same) return { kind: 'raise', revision: same, to: highest + 1 };
  const { name, namespace = '', uid, annotations } = daemonSet.metadata;
  const hash = templateHash(daemonSet.spec?.template, daemonSet.status?.collisionCount ?? 0);
  const object = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...daemonSet.spec?.template.metadata?.labels, [revisionLabel]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerReference({ type: resources.daemonsets, name, uid })],
    },
    data,
    revision: highest + 1,
  };
  return { kind: 'create', object, hash };
}

function newest(revisions: readonly Revision[]): Revision | undefined {
  return [...revisions].sort((left, right) => (right.revision ?? 0) - (left.revision ?? 0))[0];
}

/** A patch that puts the template as it is now in place of any other: how clients go back to it. */
function templatePatch(daemonSet: DaemonSet): unknown {
  return { spec: { template: { ...daemonSet.spec?.template, $patch: 'replace' } } };
}

export function hashOf(revision: KubeObject): string {
  return revision.metadata?.labels?.[revisionLabel] ?? '';
}

/** Revisions beyond the limit that no pod carries, the oldest first. */
export function surplusRevisions(
  daemonSet: DaemonSet,
  revisions: readonly Revision[],
  liveHashes: ReadonlySet<string>,
): Revision[] {
  const limit = daemonSet.spec?.revisionHistoryLimit ?? 10;
  const unused = revisions.filter((one) => !liveHashes.has(hashOf(one)));
  const sorted = unused.sort((left, right) => (left.revision ?? 0) - (right.revision ?? 0));
  return sorted.slice(0, Math.max(0, unused.length - limit));
}
