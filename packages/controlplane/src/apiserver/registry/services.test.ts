// Services that change their type: what came with the old type goes with it, unless somebody asks for something else.

import { expect, test } from 'bun:test';
import type { KubeObject, Service } from '@selvedge/kubernetes';
import { serviceStrategy } from './services.ts';

type Spec = NonNullable<Service['spec']>;

const nodePort: Spec = {
  type: 'NodePort',
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
  internalTrafficPolicy: 'Cluster',
  externalTrafficPolicy: 'Cluster',
  ports: [{ port: 80, protocol: 'TCP', nodePort: 30_080 }],
};

/** What a merge patch of `change` makes of the service. */
function changed(change: Partial<Spec>): Spec {
  const old = { metadata: { name: 's' }, spec: structuredClone(nodePort) } as KubeObject;
  const object = { metadata: { name: 's' }, spec: { ...structuredClone(nodePort), ...change } } as KubeObject;
  const context = {
    nowMs: 0,
    dryRun: false,
    userName: '',
    userGroups: [],
    subresource: '',
    warn: () => undefined,
  };
  serviceStrategy.prepareForUpdate?.(object, old, context);
  return (object as { spec: Spec }).spec;
}

test('without node ports the service keeps its address and loses its node port', () => {
  const spec = changed({ type: 'ClusterIP' });
  expect(spec.ports).toEqual([{ port: 80, protocol: 'TCP' }]);
  expect(spec.clusterIP).toBe('10.96.0.9');
  expect(spec.externalTrafficPolicy).toBeUndefined();
});

test('an external name takes the place of address, families and ports', () => {
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, internalTrafficPolicy, ports } = changed({
    type: 'ExternalName',
    externalName: 'a.example',
  });
  expect([clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, internalTrafficPolicy]).toEqual(
    Array.from({ length: 5 }, () => undefined),
  );
  expect(ports?.[0]?.nodePort).toBeUndefined();
});

test('what is asked for beside the type stays, to be judged', () => {
  const spec = changed({ type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP', nodePort: 30_081 }] });
  expect(spec.ports?.[0]?.nodePort).toBe(30_081);
});
