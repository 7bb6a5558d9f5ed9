// What a job does next: how many pods to run, and when it has completed or failed. Pure.

import type { Job, Stored } from '@selvedge/kubernetes';
import { timestamp } from '../machinery/event-recorder.ts';
import { isActive, type PodRecord, timeOf } from '../machinery/pod-record.ts';
import { type Tally, tally, totalFailed, totalSucceeded } from './tally.ts';

/** After a failure the next pod waits, twice as long each time. */
const backoff = { initialMs: 10_000, maxMs: 600_000 } as const;

export interface JobInput {
  readonly job: Stored<Job>;
  readonly pods: readonly PodRecord[];
  /** When a pod failed before, where that is known. */
  readonly lastFailureMs: number | undefined;
  readonly nowMs: number;
}

export interface JobDecision {
  readonly create: number;
  readonly remove: readonly PodRecord[];
  readonly tally: Tally;
  readonly status: Record<string, unknown>;
  /** How it has ended just now. */
  readonly ended: Ending | undefined;
  /** The job itself has outlived its usefulness. */
  readonly expired: boolean;
  readonly againMs: number | undefined;
}

export interface Ending {
  readonly kind: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastProbeTime?: string;
  readonly lastTransitionTime?: string;
}

export function endedBefore(job: Job): boolean {
  return conditionsOf(job).some((one) => ['Complete', 'Failed'].includes(one.type) && one.status === 'True');
}

export function decideJob(input: JobInput): JobDecision {
  const { job, pods, nowMs } = input;
  const over = endedBefore(job);
  const counted = tally(job, pods, over);
  const active = pods.filter(isActive);
  const outcome = over ? undefined : decideOutcome(input, counted, active);
  // Who waits for the end may rely on the counts: it is said when every pod has been counted.
  const ended = hasUncounted(counted) ? undefined : outcome;
  const suspended = job.spec?.suspend === true;
  const idle = over || outcome !== undefined || suspended;
  const wanted = idle ? 0 : wantedActive(job, counted, active.length);
  const waitMs = wanted > active.length ? backoffMs(input, counted) : 0;
  const create = waitMs > 0 ? 0 : Math.max(0, wanted - active.length);
  const remove = idle ? active : active.slice(wanted);
  const expiryMs = over ? expiryOf(job, nowMs) : undefined;
  return {
    create,
    remove,
    tally: counted,
    status: statusOf(input, {
      counted,
      active: active.length - remove.length + create,
      outcome,
      ended,
      suspended,
    }),
    ended,
    expired: expiryMs !== undefined && expiryMs <= 0,
    againMs: earliest(waitMs, expiryMs, over ? undefined : deadlineMs(job, nowMs)),
  };
}

const hasUncounted = ({ uncounted }: Tally): boolean =>
  uncounted.succeeded.length + uncounted.failed.length > 0;

/** What the job comes to, which is said before its last pods are counted and gone, and stays. */
const foretold = { SuccessCriteriaMet: 'Complete', FailureTarget: 'Failed' } as const;

function decideOutcome(
  { job, nowMs }: JobInput,
  counted: Tally,
  active: readonly PodRecord[],
): Ending | undefined {
  for (const { type, status, reason = '', message = '' } of conditionsOf(job)) {
    const kind = foretold[type as keyof typeof foretold];
    if (kind !== undefined && status === 'True') return { kind, reason, message };
  }
  const { completions, backoffLimit = 6, template } = job.spec ?? {};
  const restarts =
    template?.spec?.restartPolicy === 'OnFailure' ? active.reduce((sum, pod) => sum + pod.restarts, 0) : 0;
  const failures = totalFailed(counted);
  if (failures > backoffLimit || (restarts > 0 && restarts >= backoffLimit)) {
    const message = 'Job has reached the specified backoff limit';
    return { kind: 'Failed', reason: 'BackoffLimitExceeded', message };
  }
  const leftMs = deadlineMs(job, nowMs);
  if (leftMs !== undefined && leftMs <= 0) {
    const message = 'Job was active longer than specified deadline';
    return { kind: 'Failed', reason: 'DeadlineExceeded', message };
  }
  const succeeded = totalSucceeded(counted);
  // Without a number one success tells that the work is done; the others may finish theirs.
  const done = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions;
  const message = 'Reached expected number of succeeded pods';
  return done ? { kind: 'Complete', reason: 'CompletionsReached', message } : undefined;
}

function wantedActive(job: Job, counted: Tally, active: number): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  const succeeded = totalSucceeded(counted);
  if (completions === undefined) return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.min(parallelism, Math.max(0, completions - succeeded));
}

function backoffMs({ lastFailureMs, nowMs }: JobInput, counted: Tally): number {
  const failures = totalFailed(counted);
  const sinceMs = counted.newFailures > 0 ? nowMs : lastFailureMs;
  if (failures === 0 || sinceMs === undefined) return 0;
  const delayMs = Math.min(backoff.maxMs, backoff.initialMs * 2 ** (failures - 1));
  return Math.max(0, sinceMs + delayMs - nowMs);
}

/** Milliseconds until the job has been active for too long; undefined where it has no limit or is not running. */
function deadlineMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  const startTime = job.status?.startTime;
  if (seconds === undefined || job.spec?.suspend) return undefined;
  return (startTime ? timeOf(startTime) : nowMs) + seconds * 1_000 - nowMs;
}

function expiryOf(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished;
  const end = conditionsOf(job).find((one) => one.type === 'Complete' || one.type === 'Failed');
  if (seconds === undefined || !end) return undefined;
  return timeOf(end.lastTransitionTime) + seconds * 1_000 - nowMs;
}

function earliest(...delays: Array<number | undefined>): number | undefined {
  const due = delays.filter((one) => one !== undefined && one > 0) as number[];
  return due.length > 0 ? Math.min(...due) : undefined;
}

interface StatusParts {
  readonly counted: Tally;
  readonly active: number;
  readonly outcome: Ending | undefined;
  readonly ended: Ending | undefined;
  readonly suspended: boolean;
}

/** The status as a merge patch takes it: what is nothing is null. */
function statusOf(
  { job, pods, nowMs }: JobInput,
  { counted, active, outcome, ended, suspended }: StatusParts,
): Record<string, unknown> {
  const now = timestamp(nowMs);
  const { succeeded, failed } = counted.uncounted;
  const startTime = suspended ? null : (job.status?.startTime ?? now);
  return {
    active: active || null,
    ready: pods.filter((pod) => isActive(pod) && pod.readySinceMs > 0).length,
    terminating: pods.filter((pod) => pod.deletedMs > 0 && !['Succeeded', 'Failed'].includes(pod.phase))
      .length,
    succeeded: counted.succeeded || null,
    failed: counted.failed || null,
    uncountedTerminatedPods: {
      succeeded: succeeded.length > 0 ? succeeded : null,
      failed: failed.length > 0 ? failed : null,
    },
    startTime,
    completionTime: ended?.kind === 'Complete' ? now : (job.status?.completionTime ?? null),
    conditions: withConditions(job, { outcome, ended, suspended, now }),
  };
}

function withConditions(
  job: Job,
  { outcome, ended, suspended, now }: Omit<StatusParts, 'counted' | 'active'> & { now: string },
): Condition[] | null {
  const conditions = [...conditionsOf(job)];
  const set = (type: string, status: string, reason: string, message: string) => {
    const index = conditions.findIndex((one) => one.type === type);
    if (index >= 0 && conditions[index]?.status === status) return;
    if (index >= 0) conditions.splice(index, 1);
    conditions.push({ type, status, reason, message, lastProbeTime: now, lastTransitionTime: now });
  };
  if (suspended && !endedBefore(job)) set('Suspended', 'True', 'JobSuspended', 'Job suspended');
  else if (conditions.some((one) => one.type === 'Suspended' && one.status === 'True'))
    set('Suspended', 'False', 'JobResumed', 'Job resumed');
  for (const [type, kind] of Object.entries(foretold)) {
    if (outcome?.kind === kind) set(type, 'True', outcome.reason, outcome.message);
  }
  if (ended) set(ended.kind, 'True', ended.reason, ended.message);
  return conditions.length > 0 ? conditions : null;
}

function conditionsOf(job: Job): readonly Condition[] {
  return (job.status?.conditions ?? []) as readonly Condition[];
}
