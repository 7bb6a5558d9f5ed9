// What a deployment's controller does next: a pure decision over the deployment and its replica sets.

import type { Deployment, KubeObject, ReplicaSet, Stored } from '@selvedge/kubernetes';
import { resources } from '@selvedge/kubernetes';
import { controllerReference } from '../machinery/pod-ownership.ts';
import { templateHash } from '../machinery/template-hash.ts';
import {
  annotationsOfNew,
  byAge,
  findNewReplicaSet,
  hashLabel,
  nextRevision,
  revisionAnnotation,
  revisionOf,
  sizeAnnotations,
} from './revisions.ts';
import {
  isScalingEvent,
  newReplicaSetSize,
  rollingStep,
  type Scaling,
  type Sizes,
  scaleInProportion,
  scaleToZero,
  sizesOf,
  wantedReplicas,
} from './rolling.ts';

export interface ReplicaSetChange {
  readonly replicaSet: Stored<ReplicaSet>;
  readonly replicas: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly minReadySeconds: number;
}

export interface DeploymentDecision {
  readonly newSet: Stored<ReplicaSet> | undefined;
  readonly oldSets: readonly Stored<ReplicaSet>[];
  readonly sizes: Sizes;
  readonly create: KubeObject | undefined;
  readonly changes: readonly ReplicaSetChange[];
  /** The deployment's own revision annotation where it must change. */
  readonly revision: string | undefined;
}

export interface DeploymentInput {
  readonly deployment: Stored<Deployment>;
  readonly replicaSets: readonly Stored<ReplicaSet>[];
  /** Whether pods of older replica sets still run: a recreating deployment waits for their end. */
  readonly oldPodsRun: (oldSets: readonly Stored<ReplicaSet>[]) => boolean;
}

export function decideDeployment(input: DeploymentInput): DeploymentDecision {
  const { deployment, replicaSets } = input;
  const sizes = sizesOf(deployment);
  const newSet = findNewReplicaSet(deployment, replicaSets);
  const oldSets = replicaSets.filter((one) => one !== newSet);
  const nothing = { newSet, oldSets, sizes, create: undefined, changes: [], revision: undefined };
  if (deployment.metadata.deletionTimestamp !== undefined) return nothing;
  const revision = newSet ? Math.max(nextRevision(oldSets), revisionOf(newSet)) : nextRevision(oldSets);
  const scaling = decideScaling(input, { sizes, newSet, oldSets });
  const create =
    newSet === undefined && scaling === 'create' ? newReplicaSet(input, sizes, oldSets, revision) : undefined;
  const changes = decideChanges(deployment, {
    newSet,
    oldSets,
    sizes,
    revision,
    scaling: scaling === 'create' ? new Map() : scaling,
  });
  const stated = newSet || create ? String(revision) : undefined;
  const same = deployment.metadata.annotations?.[revisionAnnotation] === stated;
  return { newSet, oldSets, sizes, create, changes, revision: same ? undefined : stated };
}

interface Sets {
  readonly sizes: Sizes;
  readonly newSet: Stored<ReplicaSet> | undefined;
  readonly oldSets: readonly Stored<ReplicaSet>[];
}

/** The next step: sizes to change, or `create` where the template has no replica set yet and it is time for one. */
function decideScaling({ deployment, oldPodsRun }: DeploymentInput, sets: Sets): Scaling | 'create' {
  const { sizes, newSet, oldSets } = sets;
  const recreate = deployment.spec?.strategy?.type === 'Recreate';
  const all = newSet ? [newSet, ...oldSets] : oldSets;
  if (deployment.spec?.paused || isScalingEvent(sizes.replicas, all)) {
    const statusReplicas = deployment.status?.replicas ?? 0;
    return scaleInProportion({ sizes, newSet, oldSets, rolling: !recreate, statusReplicas });
  }
  if (!recreate) return newSet ? rollingStep(sizes, newSet, oldSets) : 'create';
  const emptied = scaleToZero(oldSets);
  if (emptied.size > 0) return emptied;
  if (oldPodsRun(oldSets)) return new Map();
  return newSet ? new Map([[newSet.metadata.name, sizes.replicas]]) : 'create';
}

function decideChanges(
  deployment: Stored<Deployment>,
  input: Sets & { readonly revision: number; readonly scaling: Scaling },
): ReplicaSetChange[] {
  const { newSet, oldSets, sizes, revision, scaling } = input;
  const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
  const size = sizeAnnotations(sizes.replicas, sizes.replicas + sizes.maxSurge);
  const changes: ReplicaSetChange[] = [];
  for (const replicaSet of [...oldSets, ...(newSet ? [newSet] : [])]) {
    const isNew = replicaSet === newSet;
    const present = replicaSet.metadata.annotations ?? {};
    const replicas = scaling.get(replicaSet.metadata.name) ?? wantedReplicas(replicaSet);
    const carried = isNew ? annotationsOfNew(deployment, present, revision) : present;
    const annotations =
      isNew || replicas > 0 || scaling.has(replicaSet.metadata.name) ? { ...carried, ...size } : carried;
    const seconds = isNew ? minReadySeconds : (replicaSet.spec?.minReadySeconds ?? 0);
    const same =
      replicas === wantedReplicas(replicaSet) &&
      seconds === (replicaSet.spec?.minReadySeconds ?? 0) &&
      Object.entries(annotations).every(([key, value]) => present[key] === value);
    if (!same) changes.push({ replicaSet, replicas, annotations, minReadySeconds: seconds });
  }
  return changes;
}

function newReplicaSet(
  { deployment }: DeploymentInput,
  sizes: Sizes,
  oldSets: readonly Stored<ReplicaSet>[],
  revision: number,
): KubeObject {
  const { name, namespace = '', uid } = deployment.metadata;
  const template = deployment.spec?.template;
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template?.metadata?.labels, [hashLabel]: hash };
  const selector = deployment.spec?.selector;
  const recreate = deployment.spec?.strategy?.type === 'Recreate';
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...annotationsOfNew(deployment, {}, revision),
        ...sizeAnnotations(sizes.replicas, sizes.replicas + sizes.maxSurge),
      },
      ownerReferences: [controllerReference({ type: resources.deployments, name, uid })],
    },
    spec: {
      replicas: newReplicaSetSize(sizes, 0, oldSets, recreate),
      ...(deployment.spec?.minReadySeconds ? { minReadySeconds: deployment.spec.minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}

/** Old replica sets beyond the history limit that are empty and settled: nothing is left to go back to them for. */
export function decideCleanup(
  deployment: Stored<Deployment>,
  oldSets: readonly Stored<ReplicaSet>[],
): Stored<ReplicaSet>[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = byAge(oldSets.filter((one) => one.metadata.deletionTimestamp === undefined)).sort(
    (left, right) => revisionOf(left) - revisionOf(right),
  );
  return alive.slice(0, Math.max(0, alive.length - limit)).filter((one) => {
    const settled = (one.metadata.generation ?? 0) <= (one.status?.observedGeneration ?? 0);
    return settled && wantedReplicas(one) === 0 && (one.status?.replicas ?? 0) === 0;
  });
}
