import { expect, test } from 'bun:test';
import { IndexedStore } from '@selvedge/client';
import type { KubeObject, Namespace, Stored } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { type PodRecord, podKey } from '../controllers/machinery/pod-record.ts';
import { podMaker, testNode } from '../controllers/testing/objects.ts';
import { ClusterState } from './cluster-state.ts';

const pod = podMaker();

function emptyState() {
  const pods = new IndexedStore<PodRecord>({
    node: (one) => (one.nodeName === '' ? [] : [one.nodeName]),
    namespace: (one) => [one.namespace],
  });
  const state = new ClusterState({
    pods,
    namespaces: new IndexedStore<Stored<Namespace>>(),
    claims: new IndexedStore<Stored<KubeObject>>(),
  });
  /** As the informer does it: first the store, then those who follow it. */
  const show = (old: PodRecord | undefined, now: PodRecord | undefined) => {
    if (now) pods.set(podKey(now), now);
    else if (old) pods.delete(podKey(old));
    return state.podChanged(old, now);
  };
  return { state, show };
}

test('tells whether room appeared, company came, or nothing happened', () => {
  const { state, show } = emptyState();
  state.setNode(testNode('n1'));
  const waiting = pod('a', { labels: { app: 'web' } });
  const bound = pod('a', { labels: { app: 'web' }, nodeName: 'n1', phase: 'Pending' });
  const running = pod('a', { labels: { app: 'web' }, nodeName: 'n1' });
  const renamed = pod('a', { labels: { app: 'db' }, nodeName: 'n1' });
  const finished = pod('a', { labels: { app: 'db' }, nodeName: 'n1', phase: 'Failed' });
  expect(show(undefined, waiting)).toBe('nothing');
  expect(show(waiting, bound)).toBe('company');
  expect(show(bound, running)).toBe('nothing');
  expect(show(running, renamed)).toBe('company');
  expect(show(renamed, finished)).toBe('room');
  expect(show(finished, undefined)).toBe('nothing');
});

test('a node says when something about it has changed that pods may have waited for', () => {
  const { state } = emptyState();
  expect(state.setNode(testNode('n1'))).toBe(true);
  expect(state.setNode(testNode('n1'))).toBe(false);
  expect(state.setNode(testNode('n1', { unschedulable: true }))).toBe(true);
  expect(state.setNode(testNode('n1', { unschedulable: true, labels: { a: 'b' } }))).toBe(true);
});

type Step =
  | { readonly kind: 'create' | 'assume' | 'forget' | 'bind' | 'finish' | 'delete'; readonly name: string }
  | { readonly kind: 'node' | 'no-node' };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('create', 'assume', 'forget', 'bind', 'finish', 'delete' as const),
    name: fc.constantFrom('a', 'b', 'c'),
  }),
  fc.record({ kind: fc.constantFrom('node', 'no-node' as const) }),
);

test('whatever happens in whatever order, each pod on the node is counted once', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), (all) => {
      const { state, show } = emptyState();
      const known = new Map<string, PodRecord>();
      const traits = {
        requests: { cpu: '1' },
        spec: { containers: [{ name: 'main', ports: [{ containerPort: 1, hostPort: 1 }] }] },
      };
      const change = (name: string, now: PodRecord | undefined) => {
        show(known.get(name), now);
        if (now) known.set(name, now);
        else known.delete(name);
      };
      for (const step of all) {
        if (!('name' in step)) {
          if (step.kind === 'node') state.setNode(testNode('n1'));
          else state.removeNode('n1');
        } else {
          const { kind, name } = step;
          const present = known.get(name);
          if (kind === 'create' && !present) change(name, pod(name, traits));
          if (
            kind === 'assume' &&
            present?.nodeName === '' &&
            state.node('n1') &&
            !state.isAssumed(podKey(present))
          )
            state.assume(present, 'n1');
          if (kind === 'forget' && present) state.forget(present);
          if (kind === 'bind' && present?.nodeName === '')
            change(name, pod(name, { ...traits, nodeName: 'n1' }));
          if (kind === 'finish' && present?.nodeName)
            change(name, pod(name, { ...traits, nodeName: 'n1', phase: 'Failed' }));
          if (kind === 'delete' && present) {
            state.forget(present);
            change(name, undefined);
          }
        }
        const node = state.node('n1');
        if (!node) continue;
        const there = [...state.podsOn(node)];
        expect(new Set(there.map(podKey)).size).toBe(there.length);
        expect(node.requested.pods ?? 0).toBe(there.length);
        expect(node.hostPorts?.length ?? 0).toBe(there.length);
      }
    }),
    { numRuns: 300 },
  );
});
