import { expect, test } from 'bun:test';
import { resources } from '@selvedge/kubernetes';
import { podMaker } from '../testing/objects.ts';
import { controllerReference, decideOwnership, type PodOwner } from './pod-ownership.ts';

const pod = podMaker();
const owner: PodOwner = {
  type: resources.replicasets,
  namespace: 'default',
  name: 'web',
  uid: 'web',
  selects: (labels) => labels.app === 'web',
  deleting: false,
};
const owners = [controllerReference(owner)];
const decide = (one: PodOwner, controlled: ReturnType<typeof pod>[], orphans: ReturnType<typeof pod>[]) => {
  const decision = decideOwnership(one, controlled, orphans);
  const names = (pods: readonly { name: string }[]) => pods.map(({ name }) => name);
  return { owned: names(decision.owned), adopt: names(decision.adopt), release: names(decision.release) };
};

test('what it controls and selects is its own; what it no longer selects is let go, unless it is leaving anyway', () => {
  const mine = pod('mine', { labels: { app: 'web' }, owners });
  const relabelled = pod('relabelled', { labels: { app: 'other' }, owners });
  const leaving = pod('leaving', { labels: { app: 'other' }, owners, deleted: true });
  expect(decide(owner, [mine, relabelled, leaving], [])).toEqual({
    owned: ['mine', 'leaving'],
    adopt: [],
    release: ['relabelled'],
  });
});

test('orphans that it selects are adopted, but none that are finished or leaving', () => {
  const labels = { app: 'web' };
  const orphans = [
    pod('orphan', { labels }),
    pod('other', { labels: { app: 'other' } }),
    pod('leaving', { labels, deleted: true }),
    pod('done', { labels, nodeName: 'n1', phase: 'Succeeded' }),
  ];
  expect(decide(owner, [], orphans).adopt).toEqual(['orphan']);
});

test('an owner that is being deleted neither adopts nor lets go', () => {
  const deleting = { ...owner, deleting: true };
  const relabelled = pod('relabelled', { labels: { app: 'other' }, owners });
  expect(decide(deleting, [relabelled], [pod('orphan', { labels: { app: 'web' } })])).toEqual({
    owned: [],
    adopt: [],
    release: [],
  });
});

test('a pod that only mentions the owner, without being controlled by it, is not its own', () => {
  const friend = pod('friend', {
    labels: { app: 'web' },
    owners: [{ ...controllerReference(owner), controller: false }],
  });
  expect(decide(owner, [friend], []).owned).toEqual([]);
});
