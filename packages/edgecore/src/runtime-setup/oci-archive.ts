// Builds an OCI image archive in memory, ready to be imported into a container runtime: for machines without a registry.

import { createHash } from 'node:crypto';
import { type TarEntry, writeTar } from './tar.ts';

export interface OciImage {
  /** Full reference, such as `localhost/busybox:1`. */
  readonly name: string;
  readonly layer: readonly TarEntry[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDirectory?: string;
  readonly exposedPorts?: readonly string[];
}

/** Go's name of a processor architecture, as image configurations have it. */
export function ociArchitecture(nodeArchitecture: string): string {
  const names: Record<string, string> = { x64: 'amd64', arm: 'arm', ia32: '386' };
  return names[nodeArchitecture] ?? nodeArchitecture;
}

/** Images that share the same layer array share its blob. */
export function buildOciArchive(images: readonly OciImage[], architecture: string): Buffer {
  const blobs = new Map<string, Buffer>();
  const layers = new Map<readonly TarEntry[], Descriptor>();
  const manifests = images.map((image) => {
    const layer = layers.get(image.layer) ?? putBlob(blobs, layerType, writeTar(image.layer));
    layers.set(image.layer, layer);
    const config = putJson(blobs, configType, imageConfig(image, layer, architecture));
    const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] };
    return {
      ...putJson(blobs, manifestType, manifest),
      annotations: {
        'io.containerd.image.name': image.name,
        'org.opencontainers.image.ref.name': image.name,
      },
    };
  });
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  return writeTar([
    { kind: 'file', path: 'oci-layout', data: json({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', data: json(index) },
    { kind: 'directory', path: 'blobs' },
    { kind: 'directory', path: 'blobs/sha256' },
    ...[...blobs].map(([hash, data]): TarEntry => ({ kind: 'file', path: `blobs/sha256/${hash}`, data })),
  ]);
}

const layerType = 'application/vnd.oci.image.layer.v1.tar';
const configType = 'application/vnd.oci.image.config.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

function imageConfig(image: OciImage, layer: Descriptor, architecture: string): object {
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...image.environment,
  };
  return {
    architecture,
    os: 'linux',
    config: {
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      ...(image.entrypoint && { Entrypoint: image.entrypoint }),
      ...(image.command && { Cmd: image.command }),
      ...(image.user && { User: image.user }),
      ...(image.workingDirectory && { WorkingDir: image.workingDirectory }),
      ...(image.exposedPorts && { ExposedPorts: Object.fromEntries(image.exposedPorts.map((p) => [p, {}])) }),
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
}

function putJson(blobs: Map<string, Buffer>, mediaType: string, value: object): Descriptor {
  return putBlob(blobs, mediaType, json(value));
}

function putBlob(blobs: Map<string, Buffer>, mediaType: string, data: Buffer): Descriptor {
  const hash = createHash('sha256').update(data).digest('hex');
  blobs.set(hash, data);
  return { mediaType, digest: `sha256:${hash}`, size: data.length };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
