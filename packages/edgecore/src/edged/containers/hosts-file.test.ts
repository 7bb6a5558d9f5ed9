import { expect, test } from 'bun:test';
import { podOf } from '../testing/pods.ts';
import { hostsFile } from './hosts-file.ts';
import { podHostname } from './sandbox-config.ts';

const rest = {
  podIps: ['10.1.0.5'],
  clusterDomain: 'cluster.local',
  nodeHosts: '127.0.0.1 localhost node\n',
};

test('a pod finds itself by its names, and its aliases', () => {
  const pod = podOf({
    hostname: 'db',
    subdomain: 'store',
    hostAliases: [{ ip: '10.9.9.9', hostnames: ['far', 'away'] }],
  });
  const text = hostsFile({ pod, ...rest });
  expect(text).toStartWith('# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n');
  expect(text).toContain('\n10.1.0.5\tdb.store.default.svc.cluster.local\tdb\n');
  expect(text).toEndWith('\n# Entries added by HostAliases.\n10.9.9.9\tfar\taway\n');
  expect(hostsFile({ pod: podOf(), ...rest })).toEndWith('\n10.1.0.5\tweb\n');
});

test('on the host’s network it is the host’s file', () => {
  const text = hostsFile({ pod: podOf({ hostNetwork: true }), ...rest });
  expect(text).toBe('# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost node\n');
});

test('a hostname is cut to what the kernel takes, without a dash or dot at its end', () => {
  expect(podHostname(podOf({}, { name: `${'a'.repeat(62)}-b` }))).toBe('a'.repeat(62));
  expect(podHostname(podOf({}, { name: 'a'.repeat(80) }))).toBe('a'.repeat(63));
});
