// For the same pod, what is asked of the runtime agrees with what a genuine kubelet was recorded to ask, field by field.

import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigMap, Container, Secret, Service } from '@selvedge/kubernetes';
import { ProtobufCodec } from '../cri/protobuf.ts';
import { allContainers, type EdgePod, findContainer, specOf } from '../pods/pod-spec.ts';
import { type RecordedRequest, recordedPods, recordedRequests } from '../testing/kubelet-recordings.ts';
import type { MountedVolume } from '../volumes/volume-manager.ts';
import { containerConfig } from './container-config.ts';
import { containerMounts } from './container-mounts.ts';
import { podDns } from './dns.ts';
import { containerEnvironment } from './environment.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { serviceEnvironment } from './service-environment.ts';

const podDirectory = mkdtempSync(join(tmpdir(), 'kubelet-requests-'));
afterAll(() => rmSync(podDirectory, { recursive: true }));

const codec = new ProtobufCodec();
const kubeletRoot = '/var/lib/kubelet/pods';
const podIp = '10.240.7.76';
const services: Service[] = [
  service('kubernetes', '10.96.0.1', { name: 'https', port: 443, protocol: 'TCP' }),
  service('web', '10.96.28.58', { port: 80, protocol: 'TCP' }),
];

/** What differs and why. */
const knownDifferences = {
  sandboxAnnotations: [
    'kubernetes.io/config.seen', // a kubelet's note of when and from where it got the pod: nobody reads it
    'kubernetes.io/config.source',
  ],
  /** Of the deprecated name that `seccomp` has replaced; kubelets after 1.26 do not send it. */
  seccompPath: ['seccompProfilePath'],
  /** A hash over other fields, for a kubelet's own use. */
  containerAnnotations: ['io.kubernetes.container.hash', 'selvedge.io/restart-backoff-step'],
  /** Sent by kubelets after 1.26, for the events of the runtime. */
  image: ['userSpecifiedImage'],
} as const;

function service(
  name: string,
  clusterIP: string,
  port: { name?: string; port: number; protocol: string },
): Service {
  return { metadata: { name }, spec: { clusterIP, ports: [port] } };
}

type Plain = Record<string, unknown>;

function part(object: unknown, ...path: string[]): Plain {
  return path.reduce<Plain>((at, key) => (at[key] ?? {}) as Plain, object as Plain);
}

function drop(object: Plain, keys: readonly string[]): void {
  for (const key of keys) delete object[key];
}

/** The recorded pod by this name, under the uid that it had when the calls were recorded. */
function podOfRequest(labels: Plain, image?: string): EdgePod {
  const name = labels['io.kubernetes.pod.name'];
  const found = recordedPods().filter(({ metadata }) => metadata.name === name);
  const pod = found.at(image === undefined ? 0 : -1);
  if (!pod) throw new Error(`no pod ${String(name)}`);
  return { ...pod, metadata: { ...pod.metadata, uid: String(labels['io.kubernetes.pod.uid']) } };
}

/** Without what is made at random, or came from the kubelet's own folders. */
function normalized(config: Plain): Plain {
  const text = JSON.stringify(config)
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access')
    .replaceAll(podDirectory, 'POD')
    .replaceAll(new RegExp(`${kubeletRoot}/[0-9a-f-]{36}`, 'g'), 'POD')
    .replaceAll(/(containers\/[a-z]+)\/[0-9a-f]{8}/g, '$1/HASH');
  const result = JSON.parse(text) as Plain;
  const byKey = (a: Plain, b: Plain) => (String(a.key) < String(b.key) ? -1 : 1);
  if (Array.isArray(result.envs)) result.envs.sort(byKey); // a kubelet's services come in random order
  return result;
}

const requests = recordedRequests();
const sandboxes = requests.filter(({ method }) => method === 'RunPodSandbox');
const containers = requests.filter(({ method }) => method === 'CreateContainer');

test('the recordings are there', () => {
  expect([sandboxes.length, containers.length]).toEqual([11, 18]);
});

for (const [index, { scenario, config }] of sandboxes.entries()) {
  test(`sandbox ${index} of ${scenario}`, () => {
    const pod = podOfRequest(part(config, 'labels'));
    const made = sandboxConfig({
      pod,
      attempt: Number(part(config, 'metadata').attempt ?? 0),
      dns: podDns(
        pod,
        { servers: ['10.96.0.10'], domain: 'cluster.local' },
        { servers: ['9.9.9.9'], searches: [], options: [] },
      ),
      podLogDirectory: '/var/log/pods',
      seccompRoot: '/var/lib/kubelet/seccomp',
      clusterDomain: 'cluster.local',
    });
    const expected = normalized(config);
    drop(part(expected, 'annotations'), knownDifferences.sandboxAnnotations);
    drop(part(expected, 'linux', 'securityContext'), knownDifferences.seccompPath);
    const sent = codec.decode('PodSandboxConfig', codec.encode('PodSandboxConfig', made)) as Plain;
    expect<Plain>({ annotations: {}, ...normalized(sent) }).toEqual(expected);
  });
}

for (const [index, request] of containers.entries()) {
  test(`container ${index} of ${request.scenario}`, async () => {
    const expected = normalized(request.config);
    const made = normalized(await ourConfig(request));
    for (const config of [expected, made]) {
      drop(part(config, 'annotations'), knownDifferences.containerAnnotations);
      drop(part(config, 'image'), knownDifferences.image);
      drop(part(config, 'linux', 'securityContext'), knownDifferences.seccompPath);
      // Below a volume: bound by its own folder, which takes a mount to make; test/e2e has that.
      const mounts = config.mounts as Plain[];
      config.mounts = mounts.filter(({ hostPath }) => !String(hostPath).includes('volume-subpaths'));
    }
    expect(made).toEqual(expected);
  });
}

async function ourConfig({ scenario, config }: RecordedRequest): Promise<Plain> {
  const changed = scenario === '05-image-changed' ? 'changed' : undefined;
  const pod = podOfRequest(part(config, 'labels'), changed);
  const named = findContainer(pod, String(part(config, 'metadata').name));
  if (!named) throw new Error('no such container');
  const container = withoutSubPaths(named.container);
  const environment = await environmentOf(pod, container, config);
  const mounts = await containerMounts({
    pod,
    container,
    environment,
    volumes: volumesOf(pod),
    podDirectory,
    hostsFile: `${podDirectory}/etc-hosts`,
  });
  const made = containerConfig({
    pod,
    container,
    attempt: Number(part(config, 'metadata').attempt ?? 0),
    backoffStep: 0,
    imageRef: String(part(config, 'image').image),
    imageUser: { uid: 0 },
    environment,
    mounts,
    nodeMemoryBytes: 24 * 2 ** 30,
    seccompRoot: '/var/lib/kubelet/seccomp',
  });
  return codec.decode('ContainerConfig', codec.encode('ContainerConfig', made)) as Plain;
}

function withoutSubPaths(container: Container): Container {
  const volumeMounts = (container.volumeMounts ?? []).filter(({ subPath }) => !subPath);
  return { ...container, volumeMounts };
}

function environmentOf(pod: EdgePod, container: Container, config: Plain): Promise<Map<string, string>> {
  const known = JSON.stringify(config.envs).includes('WEB_') ? services : services.slice(0, 1);
  return containerEnvironment({
    pod,
    container,
    addresses: { podIps: [podIp], hostIp: '192.0.2.2' },
    allocatable: { cpuMilli: 2_000, memoryBytes: 24 * 2 ** 30, ephemeralStorageBytes: 1 << 30 },
    services: serviceEnvironment(known),
    configMap: async (): Promise<ConfigMap> => ({ data: { greeting: 'hello' } }),
    secret: async (): Promise<Secret> => ({ data: { password: Buffer.from('hunter2').toString('base64') } }),
  });
}

function volumesOf(pod: EdgePod): Map<string, MountedVolume> {
  const entries = (specOf(pod).volumes ?? []).map((volume): [string, MountedVolume] => {
    const path = (plugin: string) => `${podDirectory}/volumes/kubernetes.io~${plugin}/${volume.name}`;
    if (volume.hostPath) return [volume.name, { path: volume.hostPath.path, readOnly: false }];
    if (volume.emptyDir) return [volume.name, { path: path('empty-dir'), readOnly: false }];
    if (volume.configMap) return [volume.name, { path: path('configmap'), readOnly: true }];
    if (volume.secret) return [volume.name, { path: path('secret'), readOnly: true }];
    return [volume.name, { path: path(volume.downwardAPI ? 'downward-api' : 'projected'), readOnly: true }];
  });
  return new Map(entries);
}

test('every container of the recorded pods was compared', () => {
  const names = new Set(
    containers.map(
      ({ config }) => `${part(config, 'labels')['io.kubernetes.pod.name']}/${part(config, 'metadata').name}`,
    ),
  );
  const images = new Set(['never', 'pull']); // whose images could not be had
  const wanted = recordedPods()
    .filter(({ metadata }) => !images.has(metadata.name))
    .flatMap((pod) => allContainers(pod).map(({ container }) => `${pod.metadata.name}/${container.name}`));
  expect(wanted.filter((name) => !names.has(name))).toEqual([]);
});
