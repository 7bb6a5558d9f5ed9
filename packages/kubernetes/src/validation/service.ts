// Validation of services: types, ports, cluster addresses, and what may not change once set.

import { fieldError, GoValue } from '../field-error.ts';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isPortNumber,
  isQualifiedName,
} from '../names.ts';
import type { Service } from '../object.ts';
import { validateEndpointIp, validateIp } from './addresses.ts';
import { protocols } from './containers.ts';
import { validateLabels, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import {
  check,
  type Errors,
  goIntOrString,
  goStrings,
  goStruct,
  oneOf,
  optional,
  portNumberOrName,
  requiredOneOf,
} from './rules.ts';

type ServiceSpec = NonNullable<Service['spec']>;

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const kubeletPort = 10250;
const maxAffinitySeconds = 86_400;

export function validateService(errors: Errors, service: Service): void {
  const spec = service.spec ?? {};
  validateMetadata(errors, service.metadata ?? {}, { namespaced: true, name: isDns1035Label });
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    errors.push(fieldError.required('spec.ports'));
  }
  validateType(errors, spec);
  const names = new Set<string>();
  for (const [index, port] of ports.entries())
    validatePort(errors, `spec.ports[${index}]`, port, ports.length > 1, names);
  validateLabels(errors, 'spec.selector', spec.selector);
  validateSessionAffinity(errors, spec);
  validateClusterIps(errors, spec);
  for (const [index, ip] of (spec.externalIPs ?? []).entries()) {
    validateEndpointIp(errors, `spec.externalIPs[${index}]`, ip);
  }
  requiredOneOf(errors, 'spec.type', spec.type, types);
  validatePortUse(errors, spec);
  validateTrafficPolicies(errors, spec);
}

export function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIP === 'None' || (spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === 'None');
}

function validateType(errors: Errors, spec: ServiceSpec): void {
  if (spec.type === 'LoadBalancer') {
    for (const [index, { port }] of (spec.ports ?? []).entries()) {
      if (port !== kubeletPort) continue;
      const detail = `may not expose port ${kubeletPort} externally since it is used by kubelet`;
      errors.push(fieldError.invalid(`spec.ports[${index}]`, port, detail));
    }
  }
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(spec)) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(fieldError.invalid('spec.clusterIPs[0]', 'None', detail));
  }
  if (spec.type !== 'ExternalName') return;
  const detail = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) errors.push(fieldError.forbidden('spec.clusterIPs', detail));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(fieldError.forbidden('spec.ipFamilies', detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(fieldError.forbidden('spec.ipFamilyPolicy', detail));
  const target = (spec.externalName ?? '').replace(/\.$/, '');
  if (target === '') errors.push(fieldError.required('spec.externalName'));
  else check(errors, 'spec.externalName', target, isDns1123Subdomain);
}

type Port = NonNullable<ServiceSpec['ports']>[number];

function validatePort(
  errors: Errors,
  path: string,
  port: Port,
  nameRequired: boolean,
  names: Set<string>,
): void {
  if (port.name) {
    check(errors, `${path}.name`, port.name, isDns1123Label);
    if (names.has(port.name)) errors.push(fieldError.duplicate(`${path}.name`, port.name));
    names.add(port.name);
  } else if (nameRequired) errors.push(fieldError.required(`${path}.name`));
  check(errors, `${path}.port`, port.port ?? 0, isPortNumber);
  requiredOneOf(errors, `${path}.protocol`, port.protocol, protocols);
  portNumberOrName(errors, `${path}.targetPort`, port.targetPort);
  optional(errors, `${path}.appProtocol`, port.appProtocol, isQualifiedName);
}

function validateSessionAffinity(errors: Errors, spec: ServiceSpec): void {
  requiredOneOf(errors, 'spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  const path = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig) {
    errors.push(fieldError.forbidden(path, 'must not be set when session affinity is None'));
  }
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (
    spec.sessionAffinity === 'ClientIP' &&
    seconds !== undefined &&
    (seconds <= 0 || seconds > maxAffinitySeconds)
  ) {
    const detail = `must be greater than 0 and less than ${maxAffinitySeconds}`;
    errors.push(fieldError.invalid(`${path}.clientIP.timeoutSeconds`, seconds, detail));
  }
}

function validateClusterIps(errors: Errors, spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  const ips = spec.clusterIPs ?? [];
  const shown = goStrings(ips);
  if (spec.clusterIP) {
    if (ips.length === 0) errors.push(fieldError.required('spec.clusterIPs'));
    else if (ips[0] !== spec.clusterIP) {
      errors.push(fieldError.invalid('spec.clusterIPs', shown, 'first value must match `clusterIP`'));
    }
  } else if (ips.length > 0) {
    errors.push(
      fieldError.invalid('spec.clusterIPs', shown, 'must be empty when `clusterIP` is not specified'),
    );
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    oneOf(errors, `spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6']);
  }
  if (spec.ipFamilyPolicy !== undefined) {
    oneOf(errors, 'spec.ipFamilyPolicy', spec.ipFamilyPolicy, [
      'PreferDualStack',
      'RequireDualStack',
      'SingleStack',
    ]);
  }
  if (ips[0] === 'None' && ips.length > 1) {
    errors.push(fieldError.invalid('spec.clusterIPs', shown, "'None' must be the first and only value"));
  }
  for (const [index, ip] of ips.entries()) {
    if (ip === 'None' && index === 0) continue;
    validateIp(errors, `spec.clusterIPs[${index}]`, ip);
  }
  if (ips.length > 2)
    errors.push(fieldError.invalid('spec.clusterIPs', shown, 'may only hold up to 2 values'));
}

function validatePortUse(errors: Errors, spec: ServiceSpec): void {
  const nodePorts = new Set<string>();
  const ports = new Set<string>();
  for (const [index, { protocol, port, nodePort }] of (spec.ports ?? []).entries()) {
    const path = `spec.ports[${index}]`;
    if (nodePort && spec.type === 'ClusterIP') {
      errors.push(fieldError.forbidden(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
    }
    if (nodePort && nodePorts.has(`${protocol}/${nodePort}`)) {
      errors.push(fieldError.duplicate(`${path}.nodePort`, nodePort));
    }
    if (ports.has(`${protocol}/${port}`)) errors.push(fieldError.duplicate(path, goPort(protocol, port)));
    if (nodePort) nodePorts.add(`${protocol}/${nodePort}`);
    ports.add(`${protocol}/${port}`);
  }
}

/** What decides whether two ports are one, in a port of which nothing else is set. */
function goPort(protocol: string | undefined, port: number): GoValue {
  return goStruct('core.ServicePort', {
    Name: '',
    Protocol: protocol,
    AppProtocol: new GoValue('(*string)(nil)'),
    Port: port,
    TargetPort: goIntOrString(0),
    NodePort: 0,
  });
}

function validateTrafficPolicies(errors: Errors, spec: ServiceSpec): void {
  if (spec.type !== 'LoadBalancer') {
    const detail = "may only be used when `type` is 'LoadBalancer'";
    if ((spec.loadBalancerSourceRanges ?? []).length > 0) {
      errors.push(fieldError.forbidden('spec.LoadBalancerSourceRanges', detail));
    }
    if (spec.allocateLoadBalancerNodePorts !== undefined) {
      errors.push(fieldError.forbidden('spec.allocateLoadBalancerNodePorts', detail));
    }
    if (spec.loadBalancerClass) {
      errors.push(fieldError.forbidden('spec.loadBalancerClass', detail));
    }
  }
  const external =
    spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  if (spec.externalTrafficPolicy && !external) {
    const detail = 'may only be set for externally-accessible services';
    errors.push(fieldError.invalid('spec.externalTrafficPolicy', spec.externalTrafficPolicy, detail));
  } else if (spec.externalTrafficPolicy) {
    oneOf(errors, 'spec.externalTrafficPolicy', spec.externalTrafficPolicy, ['Cluster', 'Local']);
  }
  if (spec.internalTrafficPolicy) {
    oneOf(errors, 'spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']);
  }
}

export function validateServiceUpdate(errors: Errors, service: Service, before: Service): void {
  validateMetadataUpdate(errors, service.metadata ?? {}, before.metadata ?? {});
  const now = service.spec ?? {};
  const then = before.spec ?? {};
  const bothAddressed = now.type !== 'ExternalName' && then.type !== 'ExternalName';
  const [ip, old] = [now.clusterIPs?.[0], then.clusterIPs?.[0]];
  if (bothAddressed && old && ip !== old) {
    errors.push(
      fieldError.invalid('spec.clusterIPs[0]', goStrings(now.clusterIPs ?? []), 'may not change once set'),
    );
  }
  validateService(errors, service);
}
