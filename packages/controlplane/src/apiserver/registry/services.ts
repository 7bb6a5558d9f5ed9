// Services: what they have without being asked for it. Addresses and ports are given by the service-ips admission.

import type { KubeObject, Service } from '@selvedge/kubernetes';
import type { Strategy } from './strategy.ts';

type Spec = NonNullable<Service['spec']>;

export const serviceStrategy: Strategy = {
  status: true,
  createOnUpdate: true,
  fieldNames: ['spec.clusterIP', 'spec.type'],
  fields: (object) => {
    const { spec } = object as Service;
    return { 'spec.clusterIP': spec?.clusterIP ?? '', 'spec.type': spec?.type ?? 'ClusterIP' };
  },
  prepareForCreate: (object) => {
    object.status = { loadBalancer: {} };
    const spec = specOf(object);
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  },
  prepareForUpdate: (object, old) => {
    const spec = specOf(object);
    const before = specOf(old);
    if (spec.type === 'ExternalName') return;
    if (spec.clusterIP !== before.clusterIP && sameList(spec.clusterIPs, before.clusterIPs)) {
      if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
      else delete spec.clusterIPs;
    }
    keepAllocated(spec, before);
  },
};

/** A client that writes the whole object may leave out what the server chose. */
function keepAllocated(spec: Spec, before: Spec): void {
  if (!spec.clusterIP && !spec.clusterIPs?.length && before.type !== 'ExternalName') {
    if (before.clusterIP) spec.clusterIP = before.clusterIP;
    if (before.clusterIPs) spec.clusterIPs = [...before.clusterIPs];
  }
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  for (const port of spec.ports ?? []) {
    const same = before.ports?.find((one) => one.port === port.port && one.protocol === port.protocol);
    if (!port.nodePort && same?.nodePort) port.nodePort = same.nodePort;
  }
}

function sameList(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return (one ?? []).join() === (other ?? []).join();
}

function specOf(object: KubeObject): Spec {
  const service = object as { spec?: Spec };
  service.spec ??= {};
  return service.spec;
}
