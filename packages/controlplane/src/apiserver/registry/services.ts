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
    dropWhatTheTypeHadNeeded(spec, before);
    if (spec.type === 'ExternalName') return;
    if (spec.clusterIP !== before.clusterIP && sameList(spec.clusterIPs, before.clusterIPs)) {
      if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
      else delete spec.clusterIPs;
    }
    keepAllocated(spec, before);
  },
};

const isAddressed = ({ type }: Spec) => type !== 'ExternalName';
const hasNodePorts = ({ type }: Spec) => type === 'NodePort' || type === 'LoadBalancer';

/**
 * Who changes the type alone need not name everything that goes with the old one: what came with it goes with it.
 * Source: dropTypeDependentFields in k8s.io/kubernetes/pkg/registry/core/service.
 */
function dropWhatTheTypeHadNeeded(spec: Spec, before: Spec): void {
  if (isAddressed(before) && !isAddressed(spec)) {
    if (spec.clusterIP === before.clusterIP && sameList(spec.clusterIPs, before.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (sameList(spec.ipFamilies, before.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === before.ipFamilyPolicy) delete spec.ipFamilyPolicy;
    if (spec.internalTrafficPolicy === before.internalTrafficPolicy) delete spec.internalTrafficPolicy;
  }
  if (!hasNodePorts(before) || hasNodePorts(spec)) return;
  const kept = new Set((before.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) if (kept.has(port.nodePort)) delete port.nodePort;
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.allocateLoadBalancerNodePorts === before.allocateLoadBalancerNodePorts)
    delete spec.allocateLoadBalancerNodePorts;
}

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
