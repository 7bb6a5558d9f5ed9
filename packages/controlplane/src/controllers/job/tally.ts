// Counting a job's finished pods exactly once, whatever is lost in between. Pure.
// Each pod carries a finalizer until it is counted: first the status names its uid, then the finalizer goes, then the uid
// becomes a number. Whoever stops at any point finds out from status and finalizers where to go on.

import type { Job, Stored } from '@selvedge/kubernetes';
import type { PodRecord } from '../machinery/pod-record.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

export interface Uncounted {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
}

export interface Tally {
  /** Counted for good: in the status, their pods let go. */
  readonly succeeded: number;
  readonly failed: number;
  /** Named in the status, their pods not let go yet. */
  readonly uncounted: Uncounted;
  /** Pods whose finalizer goes once the status with their uids is written. */
  readonly release: readonly PodRecord[];
  /** Pods that count as failed for the first time. */
  readonly newFailures: number;
}

export const isTracked = (pod: PodRecord): boolean => pod.finalizers.includes(trackingFinalizer);

/** A pod on its way out will not bring the job forward any more: it has failed, unless it had succeeded before. */
export const hasFailed = (pod: PodRecord): boolean =>
  pod.phase === 'Failed' || (pod.deletedMs > 0 && pod.phase !== 'Succeeded');

/** `settled`: the job has ended, and what its pods do from now on is counted no more. */
export function tally(job: Stored<Job>, pods: readonly PodRecord[], settled: boolean): Tally {
  const { status } = job;
  const held = new Set(pods.filter(isTracked).map((pod) => pod.uid));
  const named = {
    succeeded: status?.uncountedTerminatedPods?.succeeded ?? [],
    failed: status?.uncountedTerminatedPods?.failed ?? [],
  };
  const still = {
    succeeded: named.succeeded.filter((uid) => held.has(uid)),
    failed: named.failed.filter((uid) => held.has(uid)),
  };
  const isNamed = (pod: PodRecord) => named.succeeded.includes(pod.uid) || named.failed.includes(pod.uid);
  const fresh = pods.filter((pod) => isTracked(pod) && !isNamed(pod) && !settled);
  const succeeded = fresh.filter((pod) => pod.phase === 'Succeeded').map((pod) => pod.uid);
  const failed = fresh.filter(hasFailed).map((pod) => pod.uid);
  const uncounted = {
    succeeded: [...still.succeeded, ...succeeded],
    failed: [...still.failed, ...failed],
  };
  const mayGo = (pod: PodRecord) => settled || pod.phase === 'Succeeded' || hasFailed(pod);
  return {
    succeeded: (status?.succeeded ?? 0) + named.succeeded.length - still.succeeded.length,
    failed: (status?.failed ?? 0) + named.failed.length - still.failed.length,
    uncounted,
    release: pods.filter((pod) => isTracked(pod) && mayGo(pod)),
    newFailures: failed.length,
  };
}

export const totalSucceeded = ({ succeeded, uncounted }: Tally): number =>
  succeeded + uncounted.succeeded.length;
export const totalFailed = ({ failed, uncounted }: Tally): number => failed + uncounted.failed.length;
