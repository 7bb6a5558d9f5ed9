import { describe, expect, test } from 'bun:test';
import type { Deployment, ReplicaSet, Stored } from '@selvedge/kubernetes';
import { testDeployment, testReplicaSet, testTemplate } from '../testing/objects.ts';
import { decideCleanup, decideDeployment } from './decide.ts';

const decide = (deployment: Stored<Deployment>, replicaSets: Stored<ReplicaSet>[], oldPodsRun = false) =>
  decideDeployment({ deployment, replicaSets, oldPodsRun: () => oldPodsRun });
const sizes = (decision: ReturnType<typeof decide>) =>
  Object.fromEntries(decision.changes.map((change) => [change.replicaSet.metadata.name, change.replicas]));
const annotations = (revision: number, desired: number, max: number) => ({
  'deployment.kubernetes.io/revision': String(revision),
  'deployment.kubernetes.io/desired-replicas': String(desired),
  'deployment.kubernetes.io/max-replicas': String(max),
});
const revised = (revision: number) => ({
  annotations: { 'deployment.kubernetes.io/revision': String(revision) },
});
const created = (decision: ReturnType<typeof decide>) =>
  decision.create as unknown as Stored<ReplicaSet> | undefined;

describe('the first replica set', () => {
  test('carries template, labels, annotations and owner, and is named by the template’s hash', () => {
    const deployment = testDeployment(
      { minReadySeconds: 5 },
      { annotations: { note: 'carried', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } },
    );
    const decision = decide(deployment, []);
    const set = created(decision);
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    const labels = { app: 'web', 'pod-template-hash': hash };
    expect(set).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        labels,
        annotations: { ...annotations(1, 10, 13), note: 'carried' },
        ownerReferences: [
          { kind: 'Deployment', name: 'web', uid: 'uid of web', controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: {
        replicas: 10,
        minReadySeconds: 5,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ image: 'image:1' }] } },
      },
    });
    expect(set?.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration']).toBeUndefined();
    expect(decision.revision).toBe('1');
  });

  test('has another name after a collision, and the same whatever the order of fields', () => {
    const { metadata, spec } = testTemplate('image:1');
    const name = (deployment: Stored<Deployment>) => created(decide(deployment, []))?.metadata.name;
    const first = name(testDeployment({ template: { metadata, spec } }));
    expect(name(testDeployment({ template: { spec, metadata } }))).toBe(first);
    expect(name(testDeployment({}, { status: { collisionCount: 1 } }))).not.toBe(first);
  });

  test('nothing is done for a deployment that is being deleted', () => {
    const deployment = testDeployment();
    const metadata = { ...deployment.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(decide({ ...deployment, metadata }, [])).toMatchObject({ create: undefined, changes: [] });
  });
});

describe('a rolling update', () => {
  const update = testDeployment({ template: testTemplate('image:2') }, revised(1));
  const oldSet = (replicas: number, available = replicas) =>
    testReplicaSet('old', { replicas, available, annotations: annotations(1, 10, 13) });
  const newSet = (replicas: number, available = replicas) =>
    testReplicaSet('new', {
      image: 'image:2',
      replicas,
      available,
      createdSecondsAgo: 10,
      annotations: annotations(2, 10, 13),
    });

  test('begins with as many new pods as the surge allows', () => {
    const decision = decide(update, [oldSet(10)]);
    expect(created(decision)?.spec?.replicas).toBe(3);
    expect(decision.revision).toBe('2');
  });

  test('takes as many old ones away as may be missing, then goes on by turns', () => {
    expect(sizes(decide(update, [oldSet(10), newSet(3, 0)]))).toEqual({ old: 8 });
    expect(sizes(decide(update, [oldSet(8), newSet(3, 0)]))).toEqual({ new: 5 });
    expect(sizes(decide(update, [oldSet(8), newSet(5, 0)]))).toEqual({});
    expect(sizes(decide(update, [oldSet(8), newSet(5, 5)]))).toEqual({ old: 3 });
    expect(sizes(decide(update, [oldSet(3), newSet(10, 10)]))).toEqual({ old: 0 });
    expect(sizes(decide(update, [oldSet(0), newSet(10, 10)]))).toEqual({});
  });

  test('old pods that do not work go first, whatever is available', () => {
    expect(sizes(decide(update, [oldSet(10, 4), newSet(3, 0)]))).toEqual({ old: 8 });
  });

  test('a change back finds the old replica set, which becomes the newest revision', () => {
    const back = testDeployment({}, revised(2));
    const decision = decide(back, [oldSet(0), newSet(10)]);
    expect(decision.newSet?.metadata.name).toBe('old');
    expect(decision.revision).toBe('3');
    expect(decision.changes[0]).toMatchObject({
      replicas: 3,
      annotations: {
        'deployment.kubernetes.io/revision': '3',
        'deployment.kubernetes.io/revision-history': '1',
      },
    });
  });

  test('paused: nothing rolls, but a new size is given', () => {
    const paused = { ...update, spec: { ...update.spec, paused: true } } as Stored<Deployment>;
    expect(decide(paused, [oldSet(10)])).toMatchObject({ create: undefined, changes: [] });
    const resized = testDeployment(
      { template: testTemplate('image:2'), paused: true, replicas: 4 },
      revised(1),
    );
    expect(sizes(decide(resized, [oldSet(10)]))).toEqual({ old: 4 });
  });

  test('a resize in the middle is shared out in proportion', () => {
    const resized = testDeployment({ template: testTemplate('image:2'), replicas: 20 }, revised(2));
    expect(sizes(decide(resized, [oldSet(8), newSet(5)]))).toEqual({ old: 15, new: 10 });
  });

  test('changes of the template’s neighbours reach the replica set without a rollout', () => {
    const changed = testDeployment(
      { minReadySeconds: 7 },
      { annotations: { ...revised(1).annotations, note: 'new' } },
    );
    const [change] = decide(changed, [oldSet(10)]).changes;
    expect(change).toMatchObject({ replicas: 10, minReadySeconds: 7, annotations: { note: 'new' } });
    expect(decide(testDeployment({}, revised(1)), [oldSet(10)]).changes).toEqual([]);
  });
});

describe('recreation', () => {
  const recreating = testDeployment(
    { template: testTemplate('image:2'), strategy: { type: 'Recreate' } },
    revised(1),
  );
  const oldSet = (replicas: number) =>
    testReplicaSet('old', { replicas, annotations: annotations(1, 10, 10) });

  test('all old pods go, and only when the last is gone the new ones come', () => {
    const first = decide(recreating, [oldSet(10)], true);
    expect(sizes(first)).toEqual({ old: 0 });
    expect(first.create).toBeUndefined();
    expect(decide(recreating, [oldSet(0)], true).create).toBeUndefined();
    const set = created(decide(recreating, [oldSet(0)]));
    expect(set?.spec?.replicas).toBe(10);
    expect(set?.metadata.annotations).toMatchObject(annotations(2, 10, 10));
  });
});

describe('history', () => {
  const past = (name: string, revision: number, traits: object = {}) =>
    testReplicaSet(name, { annotations: annotations(revision, 10, 13), ...traits });

  test('beyond the limit the oldest revisions go, unless they have pods', () => {
    const sets = [past('c', 4), past('a', 1), past('b', 2, { present: 1 }), past('d', 3)];
    const names = (limit: number) =>
      decideCleanup(testDeployment({ revisionHistoryLimit: limit }), sets).map((one) => one.metadata.name);
    expect(names(4)).toEqual([]);
    expect(names(3)).toEqual(['a']);
    expect(names(1)).toEqual(['a', 'd']);
    expect(names(0)).toEqual(['a', 'd', 'c']);
  });

  test('what is not settled, or goes already, is left alone', () => {
    const changed = (set: Stored<ReplicaSet>, metadata: object) => ({
      ...set,
      metadata: { ...set.metadata, ...metadata },
    });
    const unsettled = changed(past('a', 1), { generation: 2 });
    const going = changed(past('b', 2), { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(decideCleanup(testDeployment({ revisionHistoryLimit: 0 }), [unsettled, going])).toEqual([]);
  });
});
