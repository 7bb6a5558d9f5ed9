import { describe, expect, test } from 'bun:test';
import type { KubeObject, Service, Stored } from '@selvedge/kubernetes';
import fc from 'fast-check';
import type { PodRecord } from '../machinery/pod-record.ts';
import { type PodTraits, podMaker } from '../testing/objects.ts';
import { decideEndpoints } from './decide-endpoints.ts';
import { decideSlices, maxEndpointsPerSlice, type SliceObject } from './decide-slices.ts';
import { desiredGroups } from './desired.ts';

const pod = podMaker();
const backend = (name: string, address: string, traits: PodTraits = {}) =>
  pod(name, { nodeName: 'n1', readySeconds: 5, address, ...traits });

function service(spec: Partial<Service['spec']> = {}): Stored<Service> {
  return {
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid of web',
      resourceVersion: '1',
      labels: { team: 'a' },
    },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  };
}

const groupsOf = (one: Stored<Service>, pods: readonly PodRecord[]) =>
  desiredGroups(one, pods, (node) => (node === 'n1' ? 'zone-a' : undefined));
const decide = (one: Stored<Service>, pods: readonly PodRecord[], existing: readonly SliceObject[] = []) =>
  decideSlices(one, groupsOf(one, pods), existing);
let made = 0;
/** What the server makes of a slice that is created or updated. */
const stored = (slice: KubeObject): SliceObject => {
  made++;
  const { name = `web-${made}`, uid = `uid ${made}` } = slice.metadata ?? {};
  return { ...slice, metadata: { ...slice.metadata, name, uid, resourceVersion: String(made) } };
};
const addresses = (slice: SliceObject) => (slice.endpoints ?? []).map((one) => one.addresses[0]).sort();

describe('endpoints', () => {
  const endpointsOf = (one: Stored<Service>, ...pods: PodRecord[]) =>
    groupsOf(one, pods).flatMap((group) => group.endpoints);

  test('tell address, node, zone and which pod', () => {
    expect(endpointsOf(service(), backend('a', '10.0.0.1'))).toEqual([
      {
        addresses: ['10.0.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        zone: 'zone-a',
        targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: 'uid of a' },
      },
    ]);
  });

  test('ready, serving and terminating are three things', () => {
    const conditions = (one: PodRecord, of = service()) => endpointsOf(of, one)[0]?.conditions;
    const unready = backend('a', '10.0.0.1', { readySeconds: undefined as never });
    expect(conditions(unready)).toEqual({ ready: false, serving: false, terminating: false });
    const leaving = backend('a', '10.0.0.1', { deleted: true });
    expect(conditions(leaving)).toEqual({ ready: false, serving: true, terminating: true });
    expect(conditions(unready, service({ publishNotReadyAddresses: true }))).toMatchObject({ ready: true });
  });

  test('pods that are finished or have no address yet are none', () => {
    expect(endpointsOf(service(), backend('a', ''), backend('b', '10.0.0.2', { phase: 'Failed' }))).toEqual(
      [],
    );
  });

  test('a host name only where the pod asks to be found under the service', () => {
    const named = (subdomain: string) =>
      backend(`in ${subdomain}`, '10.0.0.1', { spec: { hostname: 'first', subdomain } });
    expect(endpointsOf(service(), named('web'))[0]?.hostname).toBe('first');
    expect(endpointsOf(service(), named('other'))[0]?.hostname).toBeUndefined();
  });

  test('ports by name are those of each pod: other ports, another slice', () => {
    const byName = service({ ports: [{ name: 'http', port: 80, targetPort: 'web' }] });
    const with80 = { spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 80 }] }] } };
    const with81 = { spec: { containers: [{ name: 'c', ports: [{ name: 'web', containerPort: 81 }] }] } };
    const groups = groupsOf(byName, [
      backend('a', '10.0.0.1', with80),
      backend('b', '10.0.0.2', with81),
      backend('c', '10.0.0.3', with80),
      backend('d', '10.0.0.4'),
    ]);
    expect(groups.map((group) => [group.ports.map((one) => one.port), group.endpoints.length])).toEqual([
      [[80], 2],
      [[81], 1],
      [[], 1],
    ]);
  });

  test('each address family has its own', () => {
    const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
    const one = { ...backend('a', '10.0.0.1'), podIPs: ['10.0.0.1', 'fd00::1'] };
    expect(
      groupsOf(dual, [one]).map(({ addressType, endpoints }) => [addressType, endpoints[0]?.addresses]),
    ).toEqual([
      ['IPv4', ['10.0.0.1']],
      ['IPv6', ['fd00::1']],
    ]);
  });
});

describe('slices', () => {
  test('a service without endpoints has an empty one', () => {
    const { create } = decide(service(), []);
    expect(create).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [],
        ports: [],
        metadata: {
          generateName: 'web-',
          labels: {
            team: 'a',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
        },
      },
    ]);
    expect(decide(service(), [], create.map(stored))).toEqual({ create: [], update: [], remove: [] });
    expect(decide(service({ clusterIP: 'None' }), []).create[0]?.metadata?.labels).toMatchObject({
      'service.kubernetes.io/headless': '',
    });
  });

  test('the first endpoint takes the empty slice over, and the last leaves one', () => {
    const empty = decide(service(), []).create.map(stored);
    const filled = decide(service(), [backend('a', '10.0.0.1')], empty);
    expect(filled).toMatchObject({
      create: [],
      remove: [],
      update: [{ metadata: { name: empty[0]?.metadata.name } }],
    });
    const left = decide(service(), [], filled.update.map(stored));
    expect(left).toMatchObject({ create: [], remove: [], update: [{ endpoints: [], ports: [] }] });
  });

  test('only what changes is written: endpoints stay where they are', () => {
    const many = Array.from({ length: maxEndpointsPerSlice + 20 }, (_, index) =>
      backend(`p${index}`, `10.0.0.${index}`),
    );
    const slices = decide(service(), many).create.map(stored);
    expect(slices.map((slice) => slice.endpoints?.length)).toEqual([100, 20]);
    expect(decide(service(), many, slices)).toEqual({ create: [], update: [], remove: [] });
    const fewer = decide(service(), many.slice(1), slices);
    expect(fewer.update).toHaveLength(1);
    const replaced = decide(service(), [...many.slice(1), backend('new', '10.0.1.1')], slices);
    expect(replaced).toMatchObject({ create: [], remove: [] });
    expect(replaced.update).toHaveLength(1);
  });

  test('new labels of the service reach its slices', () => {
    const slices = decide(service(), [backend('a', '10.0.0.1')]).create.map(stored);
    const renamed = service();
    const relabelled = { ...renamed, metadata: { ...renamed.metadata, labels: { team: 'b' } } };
    expect(decide(relabelled, [backend('a', '10.0.0.1')], slices).update).toMatchObject([
      { metadata: { labels: { team: 'b' } } },
    ]);
  });

  test('whatever comes and goes, every endpoint is in one slice and no slice is too full', () => {
    const range = fc.uniqueArray(fc.nat(350), { maxLength: 350 });
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 5 }), (rounds) => {
        let slices: SliceObject[] = [];
        for (const numbers of rounds) {
          const pods = numbers.map((index) => backend(`p${index}`, `10.0.${index >> 8}.${index & 255}`));
          const { create, update, remove } = decide(service(), pods, slices);
          const changed = new Map(update.map((slice) => [slice.metadata?.name, stored(slice)]));
          slices = slices
            .filter((slice) => !remove.includes(slice))
            .map((slice) => changed.get(slice.metadata.name) ?? slice);
          slices.push(...create.map(stored));
          expect(slices.flatMap(addresses).sort()).toEqual(pods.map((one) => one.podIPs[0]).sort());
          for (const slice of slices)
            expect(slice.endpoints?.length).toBeLessThanOrEqual(maxEndpointsPerSlice);
          if (numbers.length > 0) expect(slices.every((slice) => slice.endpoints?.length)).toBe(true);
          else expect(slices).toHaveLength(1);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the older Endpoints object', () => {
  const endpoints = (pods: readonly PodRecord[], present?: KubeObject) =>
    decideEndpoints(service(), groupsOf(service(), pods), present as Stored<KubeObject> | undefined);

  test('ready ones and others apart; what is said already is not written again', () => {
    const pods = [
      backend('b', '10.0.0.2'),
      backend('a', '10.0.0.1'),
      backend('c', '10.0.0.3', { readySeconds: undefined as never }),
      backend('leaving', '10.0.0.4', { deleted: true }),
    ];
    const object = endpoints(pods);
    expect(object).toMatchObject({
      metadata: { name: 'web', labels: { team: 'a' } },
      subsets: [
        {
          addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef: { name: 'a' } }, { ip: '10.0.0.2' }],
          notReadyAddresses: [{ ip: '10.0.0.3' }],
          ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        },
      ],
    });
    const present = { ...object, metadata: { ...object?.metadata, resourceVersion: '7' } };
    expect(endpoints([...pods].reverse(), present)).toBeUndefined();
    expect(endpoints(pods.slice(1), present)?.metadata?.resourceVersion).toBe('7');
  });

  test('more than a thousand addresses are cut, and that is said', () => {
    const many = Array.from({ length: 1_001 }, (_, index) =>
      backend(`p${index}`, `10.0.${index >> 8}.${index & 255}`),
    );
    const object = endpoints(many) as {
      metadata: KubeObject['metadata'];
      subsets: { addresses: unknown[] }[];
    };
    expect(object.subsets[0]?.addresses).toHaveLength(1_000);
    expect(object.metadata?.annotations).toEqual({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
  });
});
