// Which replica set carries a deployment's present template, and the annotations that number revisions. Pure.

import type { Deployment, PodTemplateSpec, ReplicaSet, Stored } from '@selvedge/kubernetes';
import { timeOf } from '../machinery/pod-record.ts';
import { canonicalJson } from '../machinery/template-hash.ts';

export const hashLabel = 'pod-template-hash';
export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';

/** Annotations that belong to one of the two objects and are not carried from the deployment to its replica sets. */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  'deprecated.deployment.rollback.to',
]);
const maxHistoryLength = 2_000;

/** The oldest replica set with the deployment's template; several can exist after a race, the oldest wins for good. */
export function findNewReplicaSet(
  deployment: Stored<Deployment>,
  replicaSets: readonly Stored<ReplicaSet>[],
): Stored<ReplicaSet> | undefined {
  const wanted = templateText(deployment.spec?.template);
  return byAge(replicaSets).find((replicaSet) => templateText(replicaSet.spec?.template) === wanted);
}

export function byAge<T extends Stored<ReplicaSet>>(replicaSets: readonly T[]): T[] {
  return [...replicaSets].sort((left, right) => {
    const ageDifference = timeOf(left.metadata.creationTimestamp) - timeOf(right.metadata.creationTimestamp);
    return ageDifference || (left.metadata.name < right.metadata.name ? -1 : 1);
  });
}

function templateText(template: PodTemplateSpec | undefined): string {
  const { [hashLabel]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels };
  delete metadata.creationTimestamp;
  return canonicalJson({ ...template, metadata });
}

export function sameTemplate(deployment: Stored<Deployment>, replicaSet: ReplicaSet): boolean {
  return templateText(deployment.spec?.template) === templateText(replicaSet.spec?.template);
}

export function revisionOf(object: { metadata?: { annotations?: Record<string, string> } }): number {
  const text = object.metadata?.annotations?.[revisionAnnotation];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The revision that the new replica set has or gets: one more than the highest of the others. */
export function nextRevision(others: readonly Stored<ReplicaSet>[]): number {
  return Math.max(0, ...others.map(revisionOf)) + 1;
}

/** The new replica set's annotations, present ones kept, the deployment's carried over, its revision raised. */
export function annotationsOfNew(
  deployment: Stored<Deployment>,
  present: Readonly<Record<string, string>>,
  revision: number,
): Record<string, string> {
  const annotations: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!ownAnnotations.has(key)) annotations[key] = value;
  }
  const before = present[revisionAnnotation];
  if (before === undefined || Number(before) < revision) {
    annotations[revisionAnnotation] = String(revision);
    if (before !== undefined) {
      annotations[revisionHistoryAnnotation] = appendHistory(present[revisionHistoryAnnotation], before);
    }
  }
  return annotations;
}

function appendHistory(history: string | undefined, revision: string): string {
  const all = history ? [...history.split(','), revision] : [revision];
  while (all.join(',').length > maxHistoryLength) all.shift();
  return all.join(',');
}

/** What proportional scaling later needs to know: the size that the replica set was last scaled for. */
export function sizeAnnotations(replicas: number, maxReplicas: number): Record<string, string> {
  return { [desiredReplicasAnnotation]: String(replicas), [maxReplicasAnnotation]: String(maxReplicas) };
}
