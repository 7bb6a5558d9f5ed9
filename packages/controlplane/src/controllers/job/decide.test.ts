import { describe, expect, test } from 'bun:test';
import type { Job, Stored } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { type PodTraits, podMaker, secondsAgo, testNowMs } from '../testing/objects.ts';
import { decideJob, type JobInput } from './decide.ts';
import { trackingFinalizer } from './tally.ts';

const maker = podMaker();
const tracked = (name: string, traits: PodTraits = {}) => ({
  ...maker(name, { nodeName: 'n1', ...traits }),
  finalizers: [trackingFinalizer],
});
const counted = (name: string, traits: PodTraits = {}) => ({ ...tracked(name, traits), finalizers: [] });

function jobOf(spec: object = {}, status: object = {}): Stored<Job> {
  return {
    metadata: { name: 'work', namespace: 'default', uid: 'job', resourceVersion: '1', generation: 1 },
    spec: {
      completions: 3,
      parallelism: 2,
      backoffLimit: 2,
      template: { spec: { containers: [] } },
      ...spec,
    },
    status: { startTime: secondsAgo(60), ...status },
  };
}

const decide = (job: Stored<Job>, pods: JobInput['pods'] = [], more: Partial<JobInput> = {}) =>
  decideJob({ job, pods, lastFailureMs: undefined, nowMs: testNowMs, ...more });
const names = (pods: readonly { name: string }[]) => pods.map((one) => one.name);
const conditionTypes = (decision: ReturnType<typeof decide>) =>
  ((decision.status.conditions ?? []) as { type: string; reason: string }[]).map(
    ({ type, reason }) => `${type} ${reason}`,
  );

describe('how many run', () => {
  test('as many at once as may, and no more than are still to succeed', () => {
    expect(decide(jobOf()).create).toBe(2);
    expect(decide(jobOf(), [tracked('a')]).create).toBe(1);
    expect(decide(jobOf({}, { succeeded: 2 })).create).toBe(1);
    expect(decide(jobOf({ parallelism: 1 }), [tracked('a'), tracked('b')]).remove).toHaveLength(1);
  });

  test('without a number of completions the first success ends the supply', () => {
    const open = (status = {}) => jobOf({ completions: undefined }, status);
    expect(decide(open()).create).toBe(2);
    const others = decide(open({ succeeded: 1 }), [tracked('still at it')]);
    expect(others).toMatchObject({ create: 0, remove: [], ended: undefined });
    expect(decide(open({ succeeded: 1 })).ended?.kind).toBe('Complete');
  });

  test('a suspended job runs nothing and has no start', () => {
    const suspended = decide(jobOf({ suspend: true }), [tracked('a')]);
    expect(names(suspended.remove)).toEqual(['a']);
    expect(suspended).toMatchObject({ create: 0, status: { startTime: null, active: null } });
    expect(conditionTypes(suspended)).toEqual(['Suspended JobSuspended']);
  });

  test('after a failure the next one waits, longer each time', () => {
    const failed = (count: number, secondsSince: number) =>
      decide(jobOf({}, { failed: count }), [tracked('a')], {
        lastFailureMs: testNowMs - secondsSince * 1_000,
      });
    expect(failed(1, 4)).toMatchObject({ create: 0, againMs: 6_000 });
    expect(failed(2, 4)).toMatchObject({ create: 0, againMs: 16_000 });
    expect(failed(1, 10).create).toBe(1);
    expect(decide(jobOf(), [tracked('broken', { phase: 'Failed' })])).toMatchObject({
      create: 0,
      againMs: 10_000,
    });
  });
});

describe('the end', () => {
  test('enough have succeeded', () => {
    const decision = decide(jobOf({}, { succeeded: 3 }));
    expect(decision.ended).toEqual({
      kind: 'Complete',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    });
    expect(conditionTypes(decision)).toEqual([
      'SuccessCriteriaMet CompletionsReached',
      'Complete CompletionsReached',
    ]);
    expect(decision.status.completionTime).toBe(secondsAgo(0));
  });

  test('too many have failed, or were restarted too often', () => {
    const failed = decide(jobOf({}, { failed: 3 }), [tracked('a')]);
    expect(conditionTypes(failed)).toEqual([
      'FailureTarget BackoffLimitExceeded',
      'Failed BackoffLimitExceeded',
    ]);
    expect(names(failed.remove)).toEqual(['a']);
    const template = { spec: { containers: [], restartPolicy: 'OnFailure' } };
    const restarted = decide(jobOf({ template }), [tracked('a', { restarts: 2 })]);
    expect(restarted.ended?.reason).toBe('BackoffLimitExceeded');
  });

  test('is foretold, and said when the last pod is counted', () => {
    const last = tracked('last', { phase: 'Succeeded' });
    const foretold = decide(jobOf({}, { succeeded: 2 }), [last, tracked('other')]);
    expect(conditionTypes(foretold)).toEqual(['SuccessCriteriaMet CompletionsReached']);
    expect(foretold).toMatchObject({ ended: undefined, create: 0, status: { completionTime: null } });
    expect(names(foretold.remove)).toEqual(['other']);
    const after = decide(jobOf({}, foretold.status), [{ ...last, finalizers: [] }]);
    expect(after).toMatchObject({ ended: { kind: 'Complete' }, status: { succeeded: 3 } });
    const template = { spec: { containers: [], restartPolicy: 'OnFailure' } };
    const restarting = [tracked('a', { restarts: 2 }), tracked('broken', { phase: 'Failed' })];
    const failing = decide(jobOf({ template }), restarting);
    expect(conditionTypes(failing)).toEqual(['FailureTarget BackoffLimitExceeded']);
    expect(decide(jobOf({ template }, failing.status)).ended?.kind).toBe('Failed');
  });

  test('it took too long', () => {
    expect(decide(jobOf({ activeDeadlineSeconds: 61 }), [tracked('a')])).toMatchObject({
      ended: undefined,
      againMs: 1_000,
    });
    expect(decide(jobOf({ activeDeadlineSeconds: 60 }), [tracked('a')]).ended?.reason).toBe(
      'DeadlineExceeded',
    );
  });

  test('is said once; the job goes when its time is up', () => {
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: secondsAgo(10) }];
    const over = (ttlSecondsAfterFinished: number) =>
      decide(jobOf({ ttlSecondsAfterFinished }, { conditions, succeeded: 3 }), [
        counted('a', { phase: 'Succeeded' }),
      ]);
    expect(over(20)).toMatchObject({ ended: undefined, create: 0, expired: false, againMs: 10_000 });
    expect(over(10).expired).toBe(true);
  });
});

describe('counting', () => {
  test('first the uid, then the finalizer, then the number', () => {
    const pods = [
      tracked('done', { phase: 'Succeeded' }),
      tracked('broken', { phase: 'Failed' }),
      tracked('leaving', { deleted: true }),
    ];
    const named = decide(jobOf(), pods);
    expect(named.status).toMatchObject({
      succeeded: null,
      failed: null,
      uncountedTerminatedPods: { succeeded: ['uid of done'], failed: ['uid of broken', 'uid of leaving'] },
    });
    expect(names(named.tally.release)).toEqual(['done', 'broken', 'leaving']);
    const after = jobOf({}, named.status);
    expect(decide(after, pods).status.uncountedTerminatedPods).toEqual(named.status.uncountedTerminatedPods);
    const free = decide(
      after,
      pods.map((one) => ({ ...one, finalizers: [] })),
    );
    expect(free.status).toMatchObject({
      succeeded: 1,
      failed: 2,
      uncountedTerminatedPods: { succeeded: null, failed: null },
    });
  });

  test('whatever is lost in between, every pod is counted once', () => {
    const step = fc.constantFrom('write', 'release', 'vanish');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 30 }), (count, steps) => {
        let job = jobOf({ completions: 100, backoffLimit: 100 });
        let pods = Array.from({ length: count }, (_, index) => tracked(`p${index}`, { phase: 'Succeeded' }));
        const written = new Set<string>();
        const apply = (kind: string) => {
          const { status, tally } = decide(job, pods);
          if (kind === 'write') {
            job = jobOf(job.spec, status);
            for (const pod of tally.release) written.add(pod.uid);
          }
          // Only a pod that the status names is let go, one at a time; it may be gone from then on.
          const [next] = tally.release.filter((pod) => written.has(pod.uid));
          if (kind === 'release' && next)
            pods = pods.map((pod) => (pod.uid === next.uid ? { ...pod, finalizers: [] } : pod));
          if (kind === 'vanish') pods = pods.filter((pod) => pod.finalizers.length > 0);
        };
        for (const kind of steps) apply(kind);
        for (let round = 0; round < count + 2; round++)
          for (const kind of ['write', 'release', 'vanish']) apply(kind);
        expect(job.status).toMatchObject({ succeeded: count });
      }),
    );
  });
});
