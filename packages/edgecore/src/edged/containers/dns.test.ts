import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { podOf } from '../testing/pods.ts';
import { parseResolvConf, podDns } from './dns.ts';

const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' };
const node = { servers: ['9.9.9.9'], searches: ['corp.example'], options: ['rotate'] };

test('by default names are asked of the cluster first', () => {
  expect(podDns(podOf({}, { namespace: 'shop' }), cluster, node)).toEqual({
    servers: ['10.96.0.10'],
    searches: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.example'],
    options: ['ndots:5'],
  });
  expect(podDns(podOf(), { servers: [], domain: 'cluster.local' }, node)).toEqual(node);
});

test('pods on the host’s network use the host’s, unless they ask for the cluster’s', () => {
  expect(podDns(podOf({ hostNetwork: true }), cluster, node)).toEqual(node);
  const asked = podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
  expect(podDns(asked, cluster, node).servers).toEqual(['10.96.0.10']);
  expect(podDns(podOf({ dnsPolicy: 'Default' }), cluster, node)).toEqual(node);
});

test('the pod’s own settings come on top, and replace options of the same name', () => {
  const dnsConfig = {
    nameservers: ['1.1.1.1', '10.96.0.10', '2.2.2.2', '3.3.3.3'],
    searches: ['own'],
    options: [{ name: 'ndots', value: '2' }, { name: 'debug' }],
  };
  const made = podDns(podOf({ dnsConfig }), cluster, node);
  expect(made.servers).toEqual(['10.96.0.10', '1.1.1.1', '2.2.2.2']);
  expect(made.searches?.at(-1)).toBe('own');
  expect(made.options).toEqual(['ndots:2', 'debug']);
  expect(podDns(podOf({ dnsPolicy: 'None', dnsConfig }), cluster, node)).toEqual({
    servers: ['1.1.1.1', '10.96.0.10', '2.2.2.2'],
    searches: ['own'],
    options: ['ndots:2', 'debug'],
  });
});

test('resolv.conf is read as resolvers read it', () => {
  const text =
    '# comment\nnameserver 9.9.9.9 # ours\n search one\nsearch two .  three\noptions rotate ndots:2\nsortlist x\n';
  expect(parseResolvConf(text)).toEqual({
    servers: ['9.9.9.9'],
    searches: ['two', 'three'],
    options: ['rotate', 'ndots:2'],
  });
  fc.assert(fc.property(fc.string(), (any) => parseResolvConf(any).servers.every((server) => server !== '')));
});
