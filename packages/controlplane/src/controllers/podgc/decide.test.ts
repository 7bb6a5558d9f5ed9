import { expect, test } from 'bun:test';
import { podMaker } from '../testing/objects.ts';
import { decidePodGc, maxFinishedPods, nodeQuarantineMs } from './decide.ts';

const pod = podMaker();
const names = (pods: readonly { name: string }[]) => pods.map((one) => one.name);

test('pods of a node that is gone are given up, once it has been gone for long enough', () => {
  const pods = [pod('kept', { nodeName: 'here' }), pod('lost', { nodeName: 'gone' }), pod('waiting')];
  const missingSince = new Map<string, number>();
  const orphaned = (nowMs: number, nodeExists = (name: string): boolean => name === 'here') =>
    names(decidePodGc({ pods, nodeExists, missingSince, nowMs }).orphaned);
  expect(orphaned(0)).toEqual([]);
  expect(orphaned(nodeQuarantineMs - 1)).toEqual([]);
  expect(orphaned(nodeQuarantineMs)).toEqual(['lost']);
  expect(orphaned(nodeQuarantineMs + 1, () => true)).toEqual([]);
  expect(orphaned(nodeQuarantineMs + 2)).toEqual([]);
});

test('a pod that is deleted before it ever got a node is of no use', () => {
  const pods = [
    pod('waiting'),
    pod('deleted', { deleted: true }),
    pod('ending', { nodeName: 'here', deleted: true }),
  ];
  const decision = decidePodGc({ pods, nodeExists: () => true, missingSince: new Map(), nowMs: 0 });
  expect(names(decision.useless)).toEqual(['deleted']);
});

test('of too many finished pods the oldest go', () => {
  const template = pod('template', { nodeName: 'here', phase: 'Succeeded' });
  const pods = Array.from({ length: maxFinishedPods + 2 }, (_, index) => ({
    ...template,
    name: `p${index}`,
    createdMs: index === 7 ? -1 : index,
  }));
  const { useless } = decidePodGc({ pods, nodeExists: () => true, missingSince: new Map(), nowMs: 0 });
  expect(names(useless)).toEqual(['p7', 'p0']);
});
