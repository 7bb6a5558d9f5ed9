// Gives services their cluster IPs and node ports, and takes them back.

import { randomInt } from 'node:crypto';
import type { KubeObject, Service } from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import type { IpRange } from '../ip-range.ts';
import { metaOf } from '../object-meta.ts';
import type { Resource } from '../registry/resource.ts';
import { refuse, type StatusCause } from '../status-error.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from './admission.ts';

type Spec = NonNullable<Service['spec']>;

export class ServiceIps implements AdmissionPlugin {
  readonly name = 'ServiceIPs';
  readonly #range: IpRange;
  readonly #ports: { readonly first: number; readonly last: number };
  readonly #usedAddresses = new Set<string>();
  readonly #usedPorts = new Set<number>();

  constructor(options: { store: Store; range: IpRange; nodePortRange: string }) {
    this.#range = options.range;
    const [first = 0, last = 0] = options.nodePortRange.split('-').map(Number);
    this.#ports = { first, last };
    const listed = options.store.collection('services').list({ prefix: '' });
    if (listed.kind !== 'entries') return;
    for (const { value } of listed.entries) {
      const { spec } = JSON.parse(Buffer.from(value).toString('utf8')) as Service;
      for (const address of addressesOf(spec)) this.#usedAddresses.add(address);
      for (const port of nodePortsOf(spec)) this.#usedPorts.add(port);
    }
  }

  allocate({ resource, object, old, operation }: AdmissionRequest): (() => void) | undefined {
    if (!isService(resource) || operation === 'DELETE') return undefined;
    const service = object as { spec?: Spec } & KubeObject;
    const before = (old as { spec?: Spec } | undefined)?.spec;
    const spec = service.spec ?? {};
    service.spec = spec;
    checkFamilies(service, spec);
    const undo: Array<() => void> = [];
    try {
      this.#allocateAddresses(service, before, undo);
      this.#allocatePorts(service, before, undo);
    } catch (error) {
      for (const one of undo) one();
      throw error;
    }
    return () => {
      for (const one of undo.splice(0)) one();
    };
  }

  deleted(_context: AdmissionContext, resource: Resource, object: KubeObject): void {
    if (!isService(resource)) return;
    const { spec } = object as Service;
    for (const address of addressesOf(spec)) this.#usedAddresses.delete(address);
    for (const port of nodePortsOf(spec)) this.#usedPorts.delete(port);
  }

  #allocateAddresses(
    service: KubeObject & { spec?: Spec },
    before: Spec | undefined,
    undo: Array<() => void>,
  ): void {
    const spec = service.spec as Spec;
    const kept = addressesOf(before);
    if (spec.type === 'ExternalName') {
      for (const address of kept) this.#release(address, undo);
      return;
    }
    if (spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None') {
      spec.clusterIP = 'None';
      spec.clusterIPs = ['None'];
      if (Object.keys(spec.selector ?? {}).length === 0) {
        // Somebody else writes its endpoints, of whichever families there are.
        spec.ipFamilies ??= ['IPv4', 'IPv6'];
        spec.ipFamilyPolicy ??= 'RequireDualStack';
      }
    } else {
      const asked = spec.clusterIP || spec.clusterIPs?.[0] || '';
      const address = kept.includes(asked) ? asked : this.#take(service, asked, undo);
      spec.clusterIP = address;
      spec.clusterIPs = [address];
    }
    spec.ipFamilies ??= ['IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
    spec.internalTrafficPolicy ??= 'Cluster';
  }

  #take(service: KubeObject, asked: string, undo: Array<() => void>): string {
    const address = asked === '' ? this.#freeAddress() : asked;
    if (asked !== '') {
      const why = this.#whyNot(asked);
      if (why)
        throw invalid(
          service,
          'spec.clusterIPs',
          `[]string{${JSON.stringify(asked)}}`,
          `failed to allocate IP ${asked}: ${why}`,
        );
    }
    this.#usedAddresses.add(address);
    undo.push(() => this.#usedAddresses.delete(address));
    return address;
  }

  #whyNot(address: string): string | undefined {
    if (this.#range.offsetOf(address) === undefined) {
      return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.#range.text}`;
    }
    return this.#usedAddresses.has(address) ? 'provided IP is already allocated' : undefined;
  }

  /** Random, as Kubernetes does it, so that an address is not given again at once. */
  #freeAddress(): string {
    const start = randomInt(this.#range.size);
    for (let step = 0; step < this.#range.size; step++) {
      const offset = (start + step) % this.#range.size;
      // The first sixteen addresses stay for those who ask for one.
      if (offset <= Math.min(16, this.#range.size / 4) || offset >= this.#range.size - 1) continue;
      const address = this.#range.at(offset);
      if (!this.#usedAddresses.has(address)) return address;
    }
    throw refuse.internal('failed to allocate a serviceIP: range is full');
  }

  #release(address: string, undo: Array<() => void>): void {
    this.#usedAddresses.delete(address);
    undo.push(() => this.#usedAddresses.add(address));
  }

  #allocatePorts(
    service: KubeObject & { spec?: Spec },
    before: Spec | undefined,
    undo: Array<() => void>,
  ): void {
    const spec = service.spec as Spec;
    const kept = new Set(nodePortsOf(before));
    const wanted =
      spec.type === 'NodePort' ||
      (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
    const now = new Set<number>();
    for (const [index, port] of (spec.ports ?? []).entries()) {
      if (!wanted) {
        if (spec.type !== 'LoadBalancer') delete port.nodePort;
        continue;
      }
      const previous = before?.ports?.find(
        (one) => one.port === port.port && one.protocol === port.protocol,
      )?.nodePort;
      port.nodePort ||= previous && !now.has(previous) ? previous : this.#freePort(now);
      if (!kept.has(port.nodePort) && !now.has(port.nodePort))
        this.#takePort(service, index, port.nodePort, undo);
      now.add(port.nodePort);
    }
    for (const port of kept) {
      if (now.has(port)) continue;
      this.#usedPorts.delete(port);
      undo.push(() => this.#usedPorts.add(port));
    }
  }

  #takePort(service: KubeObject, index: number, port: number, undo: Array<() => void>): void {
    const { first, last } = this.#ports;
    const field = `spec.ports[${index}].nodePort`;
    if (port < first || port > last) {
      throw invalid(
        service,
        field,
        String(port),
        `provided port is not in the valid range. The range of valid ports is ${first}-${last}`,
      );
    }
    if (this.#usedPorts.has(port))
      throw invalid(service, field, String(port), 'provided port is already allocated');
    this.#usedPorts.add(port);
    undo.push(() => this.#usedPorts.delete(port));
  }

  #freePort(taken: ReadonlySet<number>): number {
    const { first, last } = this.#ports;
    const count = last - first + 1;
    const start = randomInt(count);
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (!this.#usedPorts.has(port) && !taken.has(port)) return port;
    }
    throw refuse.internal('failed to allocate a nodePort: range is full');
  }
}

function isService({ group, resource }: Resource): boolean {
  return group === '' && resource === 'services';
}

function addressesOf(spec: Spec | undefined): string[] {
  return (spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : [])).filter(
    (address) => address !== 'None' && address !== '',
  );
}

function nodePortsOf(spec: Spec | undefined): number[] {
  return (spec?.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : []));
}

/** The range of cluster addresses is of IPv4; a headless service without selector only says what others publish. */
function checkFamilies(service: KubeObject, spec: Spec): void {
  const isFree = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  if (spec.type === 'ExternalName' || isFree) return;
  const index = (spec.ipFamilies ?? []).indexOf('IPv6');
  if (index !== -1)
    throw invalid(service, `spec.ipFamilies[${index}]`, '"IPv6"', 'not configured on this cluster');
  if (spec.ipFamilyPolicy !== 'RequireDualStack') return;
  const why = 'this cluster is not configured for dual-stack services';
  throw invalid(service, 'spec.ipFamilyPolicy', '"RequireDualStack"', why);
}

function invalid(service: KubeObject, field: string, value: string, why: string): Error {
  const cause: StatusCause = {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${value}: ${why}`,
    field,
  };
  return refuse.invalid({ group: '', kind: 'Service' }, metaOf(service).name ?? '', [cause]);
}
