// A deployment's status and conditions, as `kubectl rollout status` reads them. Pure.

import type { Deployment, ReplicaSet, Stored } from '@selvedge/kubernetes';
import { timestamp } from '../machinery/event-recorder.ts';
import { timeOf } from '../machinery/pod-record.ts';
import { type Sizes, totalReplicas } from './rolling.ts';

export interface DeploymentCondition {
  type: string;
  status: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly collisionCount: number | undefined;
  readonly conditions: readonly DeploymentCondition[];
}

export interface DeploymentStatusInput {
  readonly deployment: Stored<Deployment>;
  readonly newSet: Stored<ReplicaSet> | undefined;
  readonly oldSets: readonly Stored<ReplicaSet>[];
  readonly sizes: Sizes;
  readonly nowMs: number;
  /** A new replica set was made just now, or one was found for the template for the first time. */
  readonly rollout?: { readonly kind: 'created' | 'found'; readonly name: string };
  readonly collisionCount?: number;
  readonly createFailure?: string;
}

/** No deadline: the largest value that the field can hold. */
const noDeadline = 2_147_483_647;

export function decideDeploymentStatus(input: DeploymentStatusInput): DeploymentStatus {
  const { deployment, newSet, oldSets, sizes } = input;
  const all = [...oldSets, ...(newSet ? [newSet] : [])];
  const sum = (read: (status: NonNullable<ReplicaSet['status']>) => number | undefined) =>
    all.reduce((total, set) => total + (set.status ? (read(set.status) ?? 0) : 0), 0);
  const availableReplicas = sum((status) => status.availableReplicas);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum((status) => status.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum((status) => status.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, totalReplicas(all) - availableReplicas),
    collisionCount: input.collisionCount ?? deployment.status?.collisionCount,
  };
  const conditions = [...((deployment.status?.conditions ?? []) as DeploymentCondition[])];
  const available = availableReplicas >= sizes.replicas - sizes.maxUnavailable;
  set(conditions, input.nowMs, {
    type: 'Available',
    status: available ? 'True' : 'False',
    reason: available ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${available ? 'has' : 'does not have'} minimum availability.`,
  });
  if (deadlineMs(deployment) !== undefined) decideProgress(input, counts, conditions);
  decideFailure(input, conditions);
  return { ...counts, conditions };
}

export function deadlineMs(deployment: Deployment): number | undefined {
  const seconds = deployment.spec?.progressDeadlineSeconds ?? 600;
  return seconds === noDeadline ? undefined : seconds * 1_000;
}

type Counts = Omit<DeploymentStatus, 'conditions'>;

export function isComplete(deployment: Deployment, counts: Counts): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return (
    counts.updatedReplicas === replicas &&
    counts.replicas === replicas &&
    counts.availableReplicas === replicas &&
    counts.observedGeneration >= (deployment.metadata?.generation ?? 0)
  );
}

function decideProgress(
  input: DeploymentStatusInput,
  counts: Counts,
  conditions: DeploymentCondition[],
): void {
  const { deployment, nowMs, rollout, newSet } = input;
  if (decidePause(deployment, nowMs, conditions)) return;
  const progressing = conditions.find((one) => one.type === 'Progressing');
  const subject = newSet
    ? `ReplicaSet "${newSet.metadata.name}"`
    : `Deployment "${deployment.metadata.name}"`;
  if (rollout) {
    const [reason, verb] =
      rollout.kind === 'created' ? ['NewReplicaSetCreated', 'Created'] : ['FoundNewReplicaSet', 'Found'];
    set(conditions, nowMs, progress('True', reason, `${verb} new replica set "${rollout.name}"`));
    return;
  }
  const settled =
    counts.replicas === counts.updatedReplicas && progressing?.reason === 'NewReplicaSetAvailable';
  if (settled) return;
  if (isComplete(deployment, counts)) {
    const message = `${subject} has successfully progressed.`;
    set(conditions, nowMs, progress('True', 'NewReplicaSetAvailable', message));
  } else if (hasProgressed(deployment, counts)) {
    // Written again with each step forward: its update time is what the deadline counts from.
    refresh(conditions, nowMs, progress('True', 'ReplicaSetUpdated', `${subject} is progressing.`));
  } else if (hasTimedOut(deployment, progressing, nowMs)) {
    const message = `${subject} has timed out progressing.`;
    set(conditions, nowMs, progress('False', 'ProgressDeadlineExceeded', message));
  }
}

/** Tells a pause and its end; true where the deployment is paused, as nothing else is to be said then. */
function decidePause(
  deployment: Stored<Deployment>,
  nowMs: number,
  conditions: DeploymentCondition[],
): boolean {
  const progressing = conditions.find((one) => one.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return deployment.spec?.paused === true;
  if (deployment.spec?.paused) {
    set(conditions, nowMs, progress('Unknown', 'DeploymentPaused', 'Deployment is paused'));
    return true;
  }
  if (progressing?.reason === 'DeploymentPaused') {
    set(conditions, nowMs, progress('Unknown', 'DeploymentResumed', 'Deployment is resumed'));
  }
  return false;
}

function hasProgressed(deployment: Stored<Deployment>, counts: Counts): boolean {
  const before = deployment.status;
  const oldBefore = (before?.replicas ?? 0) - (before?.updatedReplicas ?? 0);
  return (
    counts.updatedReplicas > (before?.updatedReplicas ?? 0) ||
    counts.replicas - counts.updatedReplicas < oldBefore ||
    counts.readyReplicas > (before?.readyReplicas ?? 0) ||
    counts.availableReplicas > (before?.availableReplicas ?? 0)
  );
}

function hasTimedOut(
  deployment: Stored<Deployment>,
  progressing: DeploymentCondition | undefined,
  nowMs: number,
): boolean {
  const limitMs = deadlineMs(deployment);
  if (!progressing || limitMs === undefined || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return timeOf(progressing.lastUpdateTime) + limitMs < nowMs;
}

/** When the deadline falls due, in milliseconds from now; undefined where none runs. */
export function untilDeadlineMs(
  deployment: Stored<Deployment>,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const limitMs = deadlineMs(deployment);
  const progressing = status.conditions.find((one) => one.type === 'Progressing');
  const waits =
    progressing &&
    !['NewReplicaSetAvailable', 'ProgressDeadlineExceeded', 'DeploymentPaused'].includes(
      progressing.reason ?? '',
    );
  if (!waits || limitMs === undefined) return undefined;
  return Math.max(1_000, timeOf(progressing.lastUpdateTime) + limitMs - nowMs + 1_000);
}

/** What kept pods from being made is said on the deployment too: of the new replica set first, then of the old ones. */
function decideFailure(input: DeploymentStatusInput, conditions: DeploymentCondition[]): void {
  const sets = [...(input.newSet ? [input.newSet] : []), ...input.oldSets];
  const failure = sets
    .flatMap((one) => one.status?.conditions ?? [])
    .find((condition) => condition.type === 'ReplicaFailure');
  const message = input.createFailure ?? failure?.message;
  const index = conditions.findIndex((one) => one.type === 'ReplicaFailure');
  if (message === undefined) {
    if (index >= 0) conditions.splice(index, 1);
    return;
  }
  const reason = input.createFailure === undefined ? (failure?.reason ?? '') : 'ReplicaSetCreateError';
  set(conditions, input.nowMs, { type: 'ReplicaFailure', status: 'True', reason, message });
}

const progress = (status: string, reason: string, message: string): DeploymentCondition => ({
  type: 'Progressing',
  status,
  reason,
  message,
});

/** Sets a condition unless it is there with the same status and reason. */
function set(conditions: DeploymentCondition[], nowMs: number, condition: DeploymentCondition): void {
  const present = conditions.find((one) => one.type === condition.type);
  if (present?.status === condition.status && present.reason === condition.reason) return;
  refresh(conditions, nowMs, condition);
}

function refresh(conditions: DeploymentCondition[], nowMs: number, condition: DeploymentCondition): void {
  const index = conditions.findIndex((one) => one.type === condition.type);
  const present = conditions[index];
  const now = timestamp(nowMs);
  const fresh = {
    type: condition.type,
    status: condition.status,
    lastUpdateTime: now,
    lastTransitionTime: present?.status === condition.status ? (present.lastTransitionTime ?? now) : now,
    reason: condition.reason ?? '',
    message: condition.message ?? '',
  };
  if (index >= 0) conditions.splice(index, 1);
  conditions.push(fresh);
}

/** The status to write, or undefined where the server has it already. Zeros are written as null, as Kubernetes leaves them out. */
export function deploymentStatusPatch(
  deployment: Stored<Deployment>,
  status: DeploymentStatus,
): Record<string, unknown> | undefined {
  const wanted = {
    observedGeneration: status.observedGeneration || null,
    replicas: status.replicas || null,
    updatedReplicas: status.updatedReplicas || null,
    readyReplicas: status.readyReplicas || null,
    availableReplicas: status.availableReplicas || null,
    unavailableReplicas: status.unavailableReplicas || null,
    collisionCount: status.collisionCount ?? null,
    conditions: status.conditions,
  };
  const present = (deployment.status ?? {}) as Record<string, unknown>;
  const same = Object.entries(wanted).every(
    ([field, value]) => JSON.stringify(present[field] ?? null) === JSON.stringify(value),
  );
  return same ? undefined : { status: wanted };
}
