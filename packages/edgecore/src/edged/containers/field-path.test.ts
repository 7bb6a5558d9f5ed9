import { expect, test } from 'bun:test';
import { containerOf, podOf } from '../testing/pods.ts';
import { fieldValue, resourceValue } from './field-path.ts';

const pod = podOf(
  { nodeName: 'edge-1', serviceAccountName: 'robot' },
  { labels: { b: 'two', a: 'o"ne' }, annotations: { 'x/y': 'line\nbreak <&>' } },
);
const addresses = { podIps: ['10.1.0.5', 'fd00::5'], hostIp: '192.0.2.2' };

test('each field of the downward API has its value', () => {
  const value = (path: string) => fieldValue(pod, path, addresses);
  expect(value('metadata.name')).toBe('web');
  expect(value('metadata.namespace')).toBe('default');
  expect(value('metadata.uid')).toBe('uid-1');
  expect(value('spec.nodeName')).toBe('edge-1');
  expect(value('spec.serviceAccountName')).toBe('robot');
  expect(value('status.hostIP')).toBe('192.0.2.2');
  expect(value('status.podIP')).toBe('10.1.0.5');
  expect(value('status.podIPs')).toBe('10.1.0.5,fd00::5');
  expect(value('status.hostIPs')).toBe('192.0.2.2');
  expect(value("metadata.labels['b']")).toBe('two');
  expect(value("metadata.labels['none']")).toBe('');
  expect(value("metadata.annotations['x/y']")).toBe('line\nbreak <&>');
  expect(value('spec.containers')).toBeUndefined();
  expect(fieldValue(podOf(), 'status.podIP', { podIps: [], hostIp: '' })).toBe('');
});

test('maps are written one quoted value a line, sorted', () => {
  expect(fieldValue(pod, 'metadata.labels', addresses)).toBe('a="o\\"ne"\nb="two"');
  expect(fieldValue(pod, 'metadata.annotations', addresses)).toBe('x/y="line\\nbreak <&>"');
  expect(fieldValue(podOf(), 'metadata.labels', addresses)).toBe('');
});

test('quoting is Go’s: control characters in hexadecimal, printable text as it is', () => {
  const quoted = (text: string) =>
    fieldValue(podOf({}, { annotations: { k: text } }), 'metadata.annotations', addresses);
  expect(quoted('a\u0007b\vc')).toBe('k="a\\ab\\vc"');
  expect(quoted('\u0001\u001b\u007f')).toBe('k="\\x01\\x1b\\x7f"');
  expect(quoted('grün 漢 😀')).toBe('k="grün 漢 😀"');
  expect(quoted('\u200b\u2028')).toBe('k="\\u200b\\u2028"');
});

const allocatable = { cpuMilli: 2_000, memoryBytes: 1_000_000, ephemeralStorageBytes: 5_000_000 };

test('resources are given in units of the divisor, rounded up; unset limits are the node’s', () => {
  const container = containerOf({
    resources: {
      requests: { cpu: '1250m', memory: '32Mi' },
      limits: { memory: '64Mi', 'ephemeral-storage': '1Gi' },
    },
  });
  const own = podOf({ containers: [container] });
  const value = (resource: string, divisor?: string, containerName?: string) =>
    resourceValue(
      own,
      containerName ? undefined : container,
      { resource, ...(divisor && { divisor }), ...(containerName && { containerName }) },
      allocatable,
    );
  expect(value('requests.cpu')).toBe('2');
  expect(value('requests.cpu', '1m')).toBe('1250');
  expect(value('requests.memory', '1Mi')).toBe('32');
  expect(value('limits.memory', '1Gi')).toBe('1');
  expect(value('limits.memory')).toBe(String(64 << 20));
  expect(value('limits.cpu')).toBe('2');
  expect(value('limits.cpu', '1m')).toBe('2000');
  expect(value('requests.ephemeral-storage')).toBe(String(1 << 30));
  expect(value('limits.memory', '0')).toBe(String(64 << 20));
  expect(value('limits.memory', '1Mi', 'c')).toBe('64');
  expect(value('limits.memory', '1Mi', 'none')).toBeUndefined();
  expect(value('wishes.memory')).toBeUndefined();
  expect(resourceValue(podOf(), containerOf(), { resource: 'limits.memory' }, allocatable)).toBe('1000000');
  expect(resourceValue(podOf(), containerOf(), { resource: 'requests.memory' }, allocatable)).toBe('0');
});
