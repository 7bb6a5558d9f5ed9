import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseAttachment } from './pod-network-cleanup.ts';

const list = { cniVersion: '0.4.0', name: 'svg1', plugins: [{ type: 'bridge' }, { type: 'portmap' }] };
const result = {
  cniVersion: '0.4.0',
  interfaces: [{ name: 'veth1' }, { name: 'eth0', sandbox: '/var/run/netns/cni-1f-2a' }],
};
const file = {
  kind: 'cniCacheV1',
  containerId: 'c1',
  ifName: 'eth0',
  config: Buffer.from(JSON.stringify(list)).toString('base64'),
  result,
};

test("the file of CNI's library tells what is to be undone", () => {
  expect(parseAttachment(JSON.stringify(file))).toEqual({
    containerId: 'c1',
    interfaceName: 'eth0',
    namespace: '/var/run/netns/cni-1f-2a',
    plugins: [{ type: 'bridge' }, { type: 'portmap' }],
    shared: { cniVersion: '0.4.0', name: 'svg1', prevResult: result },
  });
});

test('only a namespace that CNI has made is taken away', () => {
  const elsewhere = { ...file, result: { interfaces: [{ sandbox: '/var/run/netns/../../etc' }] } };
  expect(parseAttachment(JSON.stringify(elsewhere))?.namespace).toBeUndefined();
});

test('a file that is broken in any way is passed over', () => {
  fc.assert(fc.property(fc.string(), (text) => expect(parseAttachment(text)).toBeUndefined()));
  fc.assert(fc.property(fc.json(), (text) => void parseAttachment(text)));
  expect(parseAttachment(JSON.stringify({ ...file, config: 'e30' }))?.plugins).toEqual([]);
});
