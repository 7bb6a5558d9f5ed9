// Refusals of kinds other than pods, in the words of a genuine kube-apiserver 1.26.5 that was sent the same.

import { expect, test } from 'bun:test';
import { invalidMessage } from '../field-error.ts';
import type { KubeObject } from '../object.ts';
import {
  validateCreate,
  validateNamespaceFinalizers,
  validateSubresourceUpdate,
  validateUpdate,
} from './index.ts';

const rbac = 'rbac.authorization.k8s.io';
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const clusterWide = ['Node', 'ClusterRole', 'CertificateSigningRequest'];

function refusal(group: string, kind: string, object: KubeObject): string {
  const namespaced = !clusterWide.includes(kind);
  const metadata = { name: 'x', ...(namespaced && { namespace: 'zz' }), ...object.metadata };
  const errors = validateCreate({ group, kind, namespaced }, { ...object, metadata });
  return errors.length === 0 ? '' : invalidMessage('', 'x', errors).replace('"x" is invalid: ', '').trim();
}

test('new objects', () => {
  const slice = (addressType: string, addresses: string[]) => ({ addressType, endpoints: [{ addresses }] });
  const loopback = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  expect(refusal('discovery.k8s.io', 'EndpointSlice', slice('IPv4', ['::1', '127.0.0.1']))).toBe(
    `[endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address, endpoints[0].addresses[0]: Invalid value: "::1": ${loopback}, endpoints[0].addresses[1]: Invalid value: "127.0.0.1": ${loopback}]`,
  );
  expect(refusal('', 'Event', { involvedObject: { kind: 'Pod', namespace: 'other', name: 'p' } })).toBe(
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  );
  expect(refusal('', 'Event', { involvedObject: { kind: 'Pod', namespace: 'zz', name: 'p' } })).toBe('');
  expect(refusal('', 'Event', { metadata: { namespace: 'default' }, involvedObject: { kind: 'Node' } })).toBe(
    '',
  );
  expect(refusal(rbac, 'ClusterRole', { aggregationRule: { clusterRoleSelectors: [] } })).toBe(
    'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
  );
  expect(refusal('', 'Node', { spec: { podCIDRs: ['x'] } })).toBe(
    'spec.podCIDRs[0]: Invalid value: []string{"x"}: must be valid CIDR',
  );
  expect(refusal('', 'Node', { spec: { podCIDRs: ['10.1.0.0/24', 'fd00::/64'] } })).toBe('');
  const request = { request: Buffer.from('nope').toString('base64'), signerName: 'x', usages: [] };
  expect(refusal('certificates.k8s.io', 'CertificateSigningRequest', { spec: request })).toBe(
    `[spec.request: Invalid value: []byte{0x6e, 0x6f, 0x70, 0x65}: PEM block type must be CERTIFICATE REQUEST, spec.usages: Required value, spec.signerName: Invalid value: "x": must be a fully qualified domain and path of the form 'example.com/signer-name']`,
  );
});

test('pods that another system, a later moment or a missing volume would have to make true', () => {
  const spec = (more: object) => ({
    spec: {
      containers: [
        { name: 'c', image: 'i', imagePullPolicy: 'Always', terminationMessagePolicy: 'File', ...more },
      ],
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
    },
  });
  const pod = (more: object) => ({ spec: { ...spec({}).spec, ...more } }) as unknown as KubeObject;
  expect(refusal('', 'Pod', pod({ os: { name: 'windows' }, securityContext: { fsGroup: 1 } }))).toBe(
    'spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
  );
  expect(refusal('', 'Pod', pod({ os: { name: 'beos' } }))).toBe(
    'spec.os: Unsupported value: "beos": supported values: "linux", "windows"',
  );
  expect(
    refusal(
      '',
      'Pod',
      pod({
        ephemeralContainers: [
          { name: 'e', image: 'b', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' },
        ],
      }),
    ),
  ).toBe('spec.ephemeralContainers: Forbidden: cannot be set on create');
  const device = spec({ volumeDevices: [{ name: 'a', devicePath: '/dev/x' }] });
  expect(refusal('', 'Pod', device as unknown as KubeObject)).toBe(
    'spec.containers[0].volumeDevices[0].name: Not found: "a"',
  );
});

test('changes, statuses and finalizers', () => {
  const type = { group: 'discovery.k8s.io', kind: 'EndpointSlice', namespaced: true };
  const slice = (addressType: string): KubeObject => ({
    metadata: { name: 'es1', namespace: 'zz' },
    addressType,
    endpoints: [{ addresses: ['1.2.3.4'] }],
  });
  expect(invalidMessage('EndpointSlice', 'es1', validateUpdate(type, slice('IPv6'), slice('IPv4')))).toBe(
    'EndpointSlice "es1" is invalid: [endpoints[0].addresses[0]: Invalid value: "1.2.3.4": must be a valid IPv6 address, addressType: Invalid value: "IPv6": field is immutable]',
  );
  const deployment = (status: object) => ({ metadata: { name: 'd' }, status }) as unknown as KubeObject;
  const counts = { replicas: -1, updatedReplicas: 1 };
  const apps = { group: 'apps', kind: 'Deployment', namespaced: true };
  expect(
    invalidMessage(
      'Deployment',
      'd',
      validateSubresourceUpdate(apps, 'status', { object: deployment(counts), before: deployment({}) }),
    ),
  ).toBe(
    'Deployment "d" is invalid: [status.replicas: Invalid value: -1: must be greater than or equal to 0, status.updatedReplicas: Invalid value: 1: cannot be greater than status.replicas, status.readyReplicas: Invalid value: 0: cannot be greater than status.replicas, status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas]',
  );
  const namespace = { metadata: { name: 'zz' }, spec: { finalizers: ['kubernetes', 'bad fin'] } };
  expect(invalidMessage('Namespace', 'zz', validateNamespaceFinalizers(namespace))).toBe(
    `Namespace "zz" is invalid: [spec.finalizers[1]: Invalid value: "bad fin": ${qualified}, spec.finalizers[1]: Invalid value: "bad fin": name is neither a standard finalizer name nor is it fully qualified]`,
  );
});
