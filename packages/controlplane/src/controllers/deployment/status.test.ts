import { describe, expect, test } from 'bun:test';
import type { Deployment, Stored } from '@selvedge/kubernetes';
import { secondsAgo, testDeployment, testNowMs, testReplicaSet } from '../testing/objects.ts';
import { sizesOf } from './rolling.ts';
import {
  type DeploymentStatusInput,
  decideDeploymentStatus,
  deploymentStatusPatch,
  untilDeadlineMs,
} from './status.ts';

const newSet = (available: number) => testReplicaSet('new', { replicas: 10, available });

function statusOf(deployment: Stored<Deployment>, more: Partial<DeploymentStatusInput> = {}) {
  return decideDeploymentStatus({
    deployment,
    newSet: newSet(10),
    oldSets: [],
    sizes: sizesOf(deployment),
    nowMs: testNowMs,
    ...more,
  });
}

const condition = (status: ReturnType<typeof statusOf>, type: string) =>
  status.conditions.find((one) => one.type === type);
const progressing = (reason: string, updatedSecondsAgo: number, status = 'True') => ({
  conditions: [
    {
      type: 'Progressing',
      status,
      reason,
      message: '',
      lastUpdateTime: secondsAgo(updatedSecondsAgo),
      lastTransitionTime: secondsAgo(updatedSecondsAgo),
    },
  ],
});

test('counts over old and new replica sets', () => {
  const deployment = testDeployment();
  const oldSets = [testReplicaSet('old', { replicas: 3, available: 2 })];
  expect(statusOf(deployment, { newSet: newSet(4), oldSets })).toMatchObject({
    observedGeneration: 1,
    replicas: 13,
    updatedReplicas: 10,
    readyReplicas: 6,
    availableReplicas: 6,
    unavailableReplicas: 7,
  });
});

describe('Available', () => {
  test('as long as no more are missing than may be', () => {
    const deployment = testDeployment();
    expect(condition(statusOf(deployment, { newSet: newSet(8) }), 'Available')).toMatchObject({
      status: 'True',
      reason: 'MinimumReplicasAvailable',
      message: 'Deployment has minimum availability.',
    });
    expect(condition(statusOf(deployment, { newSet: newSet(7) }), 'Available')).toMatchObject({
      status: 'False',
      reason: 'MinimumReplicasUnavailable',
      message: 'Deployment does not have minimum availability.',
    });
  });
});

describe('Progressing', () => {
  test('a replica set that was made, or found again', () => {
    const rollout = { kind: 'created', name: 'web-1' } as const;
    expect(condition(statusOf(testDeployment(), { rollout }), 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: 'Created new replica set "web-1"',
    });
    const found = statusOf(testDeployment(), { rollout: { ...rollout, kind: 'found' } });
    expect(condition(found, 'Progressing')).toMatchObject({
      reason: 'FoundNewReplicaSet',
      message: 'Found new replica set "web-1"',
    });
  });

  test('each step forward is told, with its time', () => {
    const deployment = testDeployment(
      {},
      { status: { ...progressing('ReplicaSetUpdated', 30), availableReplicas: 3 } },
    );
    const status = statusOf(deployment, { newSet: newSet(4) });
    expect(condition(status, 'Progressing')).toEqual({
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: 'ReplicaSet "new" is progressing.',
      lastUpdateTime: secondsAgo(0),
      lastTransitionTime: secondsAgo(30),
    });
  });

  test('the end, which stays said', () => {
    const deployment = testDeployment({}, { status: progressing('ReplicaSetUpdated', 30) });
    const status = statusOf(deployment);
    expect(condition(status, 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: 'ReplicaSet "new" has successfully progressed.',
    });
    const written = deploymentStatusPatch(deployment, status)?.status as Record<string, unknown>;
    const present = Object.entries(written).filter(([, value]) => value !== null);
    const settled = testDeployment({}, { status: Object.fromEntries(present) as never });
    expect(deploymentStatusPatch(settled, statusOf(settled))).toBeUndefined();
    const lost = statusOf(settled, { newSet: newSet(2) });
    expect(condition(lost, 'Progressing')).toMatchObject({ reason: 'NewReplicaSetAvailable' });
  });

  test('no step forward within the deadline', () => {
    const stuck = (seconds: number, deadline?: number) =>
      testDeployment(
        { progressDeadlineSeconds: deadline ?? 600 },
        {
          status: {
            ...progressing('ReplicaSetUpdated', seconds),
            replicas: 10,
            updatedReplicas: 10,
            readyReplicas: 5,
            availableReplicas: 5,
          },
        },
      );
    const look = (deployment: Stored<Deployment>) => {
      const status = statusOf(deployment, { newSet: newSet(5) });
      return { status, waitMs: untilDeadlineMs(deployment, status, testNowMs) };
    };
    const early = look(stuck(599));
    expect(condition(early.status, 'Progressing')).toMatchObject({ reason: 'ReplicaSetUpdated' });
    expect(early.waitMs).toBe(2_000);
    const late = look(stuck(601));
    expect(condition(late.status, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'ReplicaSet "new" has timed out progressing.',
    });
    expect(late.waitMs).toBeUndefined();
    expect(condition(look(stuck(601, 2_147_483_647)).status, 'Progressing')).toMatchObject({
      reason: 'ReplicaSetUpdated',
    });
    expect(look(stuck(601, 2_147_483_647)).waitMs).toBeUndefined();
  });

  test('a pause and its end stop and restart the clock', () => {
    const running = testDeployment({ paused: true }, { status: progressing('ReplicaSetUpdated', 700) });
    const paused = statusOf(running, { newSet: newSet(5) });
    expect(condition(paused, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    expect(untilDeadlineMs(running, paused, testNowMs)).toBeUndefined();
    const resumed = testDeployment(
      {},
      {
        status: {
          ...progressing('DeploymentPaused', 700, 'Unknown'),
          replicas: 10,
          updatedReplicas: 10,
          readyReplicas: 5,
          availableReplicas: 5,
        },
      },
    );
    expect(condition(statusOf(resumed, { newSet: newSet(5) }), 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentResumed',
      lastUpdateTime: secondsAgo(0),
    });
  });
});

describe('ReplicaFailure', () => {
  const failing = () => {
    const set = newSet(0);
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'exceeded quota',
    };
    return { ...set, status: { ...set.status, replicas: 0, conditions: [failure] } };
  };

  test('is taken over from the replica set, and goes with it', () => {
    const status = statusOf(testDeployment(), { newSet: failing() });
    expect(condition(status, 'ReplicaFailure')).toMatchObject({
      reason: 'FailedCreate',
      message: 'exceeded quota',
    });
    const after = testDeployment({}, { status: { conditions: [...status.conditions] } as never });
    expect(condition(statusOf(after), 'ReplicaFailure')).toBeUndefined();
  });

  test('a replica set that could not be made', () => {
    const message = 'Failed to create new replica set "web-1": forbidden';
    const status = statusOf(testDeployment(), { newSet: undefined, createFailure: message });
    expect(condition(status, 'ReplicaFailure')).toMatchObject({ reason: 'ReplicaSetCreateError', message });
  });
});

test('zeros are not written, and what is there already is not written again', () => {
  const deployment = testDeployment({ replicas: 0 });
  const status = statusOf(deployment, { newSet: testReplicaSet('new') });
  expect(deploymentStatusPatch(deployment, status)).toMatchObject({
    status: { replicas: null, updatedReplicas: null, availableReplicas: null, unavailableReplicas: null },
  });
});
