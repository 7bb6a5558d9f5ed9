// What is mounted into a container: its volumes, the shared /etc/hosts, and the file for its last words.

import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';
import type { Container } from '@selvedge/kubernetes';
import type { Mount, MountPropagation } from '../cri/cri.gen.ts';
import type { EdgePod } from '../pods/pod-spec.ts';
import { mountSubPath } from '../volumes/sub-path.ts';
import type { MountedVolume } from '../volumes/volume-manager.ts';
import { defaultTerminationMessagePath } from './container-config.ts';
import { expand } from './expansion.ts';
import { terminationMessageDirectory } from './termination-message.ts';

export interface ContainerMountsInput {
  readonly pod: EdgePod;
  readonly container: Container;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  readonly environment: ReadonlyMap<string, string>;
  readonly podDirectory: string;
  readonly hostsFile: string;
}

type VolumeMount = NonNullable<Container['volumeMounts']>[number];

const propagations: Record<string, MountPropagation> = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
};
const hostsPath = '/etc/hosts';

/** Rejects with `edged/config-error` where a mount can not be made. */
export async function containerMounts(input: ContainerMountsInput): Promise<Mount[]> {
  const { container } = input;
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    mounts.push(await volumeMount(input, mount, index));
  }
  if (!mounts.some((mount) => mount.containerPath === hostsPath)) {
    mounts.push({ containerPath: hostsPath, hostPath: input.hostsFile });
  }
  const messagePath = container.terminationMessagePath ?? defaultTerminationMessagePath;
  if (messagePath !== '') {
    mounts.push({ containerPath: messagePath, hostPath: await terminationMessageFile(input) });
  }
  return mounts;
}

async function volumeMount(input: ContainerMountsInput, mount: VolumeMount, index: number): Promise<Mount> {
  const volume = input.volumes.get(mount.name);
  if (!volume)
    throw new Fault(
      'edged/config-error',
      `cannot find volume "${mount.name}" to mount into container "${input.container.name}"`,
    );
  const hostPath = await sourcePath(input, mount, volume, index);
  const propagation = propagations[mount.mountPropagation ?? 'None'] ?? 'PROPAGATION_PRIVATE';
  const containerPath = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`;
  return { containerPath, hostPath, readonly: mount.readOnly === true || volume.readOnly, propagation };
}

async function sourcePath(
  input: ContainerMountsInput,
  mount: VolumeMount,
  volume: MountedVolume,
  index: number,
): Promise<string> {
  const subPath = mount.subPathExpr ? expandStrictly(mount.subPathExpr, input.environment) : mount.subPath;
  if (!subPath) return volume.path;
  const target = join(input.podDirectory, 'volume-subpaths', mount.name, input.container.name, String(index));
  try {
    return await mountSubPath({ volumePath: volume.path, subPath, target, create: !volume.readOnly });
  } catch (cause) {
    const message = `failed to prepare subPath for volumeMount "${mount.name}" of container "${input.container.name}"`;
    throw new Fault('edged/config-error', message, { cause, retryable: true });
  }
}

function expandStrictly(text: string, environment: ReadonlyMap<string, string>): string {
  const missing: string[] = [];
  const path = expand(text, (name) => {
    const value = environment.get(name);
    if (value === undefined) missing.push(name);
    return value;
  });
  if (missing.length > 0) {
    throw new Fault('edged/config-error', `missing value for ${missing.join(', ')} in subPathExpr ${text}`);
  }
  return path;
}

/** A file of its own for each start, which the container may write whoever it runs as. */
async function terminationMessageFile({ podDirectory, container }: ContainerMountsInput): Promise<string> {
  const directory = terminationMessageDirectory(podDirectory, container.name);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  const path = join(directory, randomBytes(4).toString('hex'));
  await writeFile(path, '');
  await chmod(path, 0o666);
  return path;
}
