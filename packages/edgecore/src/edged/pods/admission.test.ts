import { expect, test } from 'bun:test';
import type { Node, PodSpec } from '@selvedge/kubernetes';
import { containerOf, podOf } from '../testing/pods.ts';
import { type AdmissionInput, admit } from './admission.ts';
import type { EdgePod } from './pod-spec.ts';

const node: Node = { metadata: { name: 'edge-1', labels: { zone: 'a', size: '5' } } };
const allocatable = { cpuMilli: 2_000, memoryBytes: 1_000, ephemeralStorageBytes: 1_000 };

function verdict(pod: EdgePod, options: Partial<AdmissionInput> = {}) {
  return admit({ pod, others: [], node, allocatable, maxPods: 3, ...options });
}

function asking(cpu: string, memory = '0'): EdgePod {
  return podOf({ containers: [containerOf({ resources: { requests: { cpu, memory } } })] });
}

test('a pod that fits is taken', () => {
  expect(verdict(asking('2', '1k'))).toBeUndefined();
  expect(verdict(podOf(), { node: undefined })).toBeUndefined();
});

test('what does not fit beside the others is refused, with the figures', () => {
  expect(verdict(asking('1500m'), { others: [asking('600m')] })).toEqual({
    reason: 'OutOfcpu',
    message: "Node didn't have enough resource: cpu, requested: 1500, used: 600, capacity: 2000",
  });
  expect(verdict(asking('0', '500'), { others: [asking('0', '501')] })?.reason).toBe('OutOfmemory');
  expect(verdict(podOf(), { others: [podOf(), podOf(), podOf()] })?.reason).toBe('OutOfpods');
  expect(verdict(podOf(), { others: [asking('9')] })).toBeUndefined(); // asks for nothing itself
});

test('node selector and affinity must fit the node', () => {
  const wrong: Partial<PodSpec>[] = [
    { nodeSelector: { zone: 'b' } },
    { affinity: required([]) },
    { affinity: required([{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }]) },
    { affinity: required([{ matchExpressions: [{ key: 'size', operator: 'Gt', values: ['5'] }] }]) },
    { affinity: required([{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }]) },
    { affinity: required([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['edge-2'] }] }]) },
  ];
  for (const spec of wrong) {
    expect(verdict(podOf(spec))).toEqual({
      reason: 'NodeAffinity',
      message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    });
  }
  const right: Partial<PodSpec>[] = [
    { nodeSelector: { zone: 'a' } },
    { affinity: required([{ matchExpressions: [{ key: 'size', operator: 'Lt', values: ['6'] }] }]) },
    { affinity: required([{}, { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }]) },
    { affinity: required([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['edge-1'] }] }]) },
  ];
  for (const spec of right) expect(verdict(podOf(spec))).toBeUndefined();
});

type Terms = NonNullable<
  NonNullable<
    NonNullable<PodSpec['affinity']>['nodeAffinity']
  >['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'];

function required(nodeSelectorTerms: Terms): PodSpec['affinity'] {
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}

test('a host port is taken once, on each address and protocol', () => {
  const on = (hostPort: number, more: object = {}) =>
    podOf({ containers: [containerOf({ ports: [{ containerPort: 80, hostPort, ...more }] })] });
  const clash = (one: EdgePod, other: EdgePod) => verdict(one, { others: [other] })?.reason === 'NodePorts';
  expect(clash(on(80), on(80))).toBe(true);
  expect(clash(on(80), on(80, { hostIP: '127.0.0.1' }))).toBe(true);
  expect(clash(on(80, { hostIP: '0.0.0.0' }), on(80, { hostIP: '127.0.0.1' }))).toBe(true);
  expect(clash(on(80, { hostIP: '10.0.0.1' }), on(80, { hostIP: '127.0.0.1' }))).toBe(false);
  expect(clash(on(80, { protocol: 'UDP' }), on(80))).toBe(false);
  expect(clash(on(80), on(81))).toBe(false);
  expect(clash(on(0), on(0))).toBe(false);
});

test('pods of another operating system are refused', () => {
  expect(verdict(podOf({ os: { name: 'windows' } }))?.reason).toBe('PodOSNotSupported');
  const labelled = podOf({}, { labels: { 'kubernetes.io/os': 'windows' } });
  expect(verdict(labelled)?.reason).toBe('PodOSSelectorNodeLabelDoesNotMatch');
  expect(
    verdict(podOf({ os: { name: 'linux' } }, { labels: { 'kubernetes.io/os': 'linux' } })),
  ).toBeUndefined();
});

test('kernel settings must be of those that each pod has for itself', () => {
  const refusal = (name: string, spec: Partial<PodSpec> = {}) =>
    verdict(podOf({ securityContext: { sysctls: [{ name, value: '1' }] }, ...spec }))?.message;
  expect(refusal('kernel.shm_rmid_forced')).toBeUndefined();
  expect(refusal('net/ipv4/tcp_syncookies')).toBeUndefined();
  expect(refusal('kernel.msgmax')).toBe('forbidden sysctl: "kernel.msgmax" not allowlisted');
  expect(refusal('constructor')).toBe('forbidden sysctl: "constructor" not allowlisted');
  expect(refusal('net.ipv4.tcp_syncookies', { hostNetwork: true })).toBe(
    'forbidden sysctl: "net.ipv4.tcp_syncookies" not allowed with host net enabled',
  );
  expect(refusal('kernel.shm_rmid_forced', { hostIPC: true })).toBe(
    'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
  );
});
