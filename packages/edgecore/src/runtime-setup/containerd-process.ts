// Writes a containerd's files, waits until it answers, and brings images into it.

import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Clock, Fault, sleep } from '@selvedge/base';
import { runCommand } from '../host/command.ts';
import { busyboxImages } from './busybox-images.ts';
import {
  type ContainerdInstance,
  cniConflist,
  containerdConfig,
  containerdPaths,
} from './containerd-config.ts';
import { buildOciArchive, type OciImage, ociArchitecture } from './oci-archive.ts';

/** The namespace in which containerd keeps what it runs for Kubernetes. */
const containerdNamespace = 'k8s.io';

/** Writes configuration and network files; the arguments that start this containerd are the answer. */
export async function writeContainerdFiles(instance: ContainerdInstance): Promise<string[]> {
  const paths = containerdPaths(instance.directory);
  await mkdir(instance.directory, { recursive: true, mode: 0o700 });
  await mkdir(paths.cniConfig, { recursive: true });
  await writeFile(paths.config, containerdConfig(instance), { mode: 0o600 });
  await writeFile(join(paths.cniConfig, '10-selvedge.conflist'), cniConflist(instance));
  await chmod(instance.directory, 0o700);
  return ['containerd', '--config', paths.config];
}

/** Resolves when the socket accepts connections; rejects with `runtime/not-listening` after the deadline. */
export async function waitForSocket(
  path: string,
  options: { readonly clock: Clock; readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  const deadline = options.clock.monotonic() + options.timeoutMs;
  while (!(await accepts(path))) {
    if (options.signal?.aborted || options.clock.monotonic() > deadline) {
      throw new Fault('runtime/not-listening', `nothing listens on ${path}`, {
        retryable: true,
        hint: "read containerd's log",
      });
    }
    await sleep(options.clock, 50, options.signal);
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Imports images into the containerd at this socket, by containerd's own `ctr`. */
export async function importImages(options: {
  readonly socket: string;
  readonly images: readonly OciImage[];
  /** A directory for the archive while it is imported. */
  readonly temporaryDirectory: string;
}): Promise<void> {
  const archive = join(options.temporaryDirectory, `images-${process.pid}.tar`);
  await mkdir(options.temporaryDirectory, { recursive: true });
  try {
    await writeFile(archive, buildOciArchive(options.images, ociArchitecture(process.arch)));
    await runCommand('ctr', [
      '--address',
      options.socket,
      '--namespace',
      containerdNamespace,
      'images',
      'import',
      archive,
    ]);
  } finally {
    await rm(archive, { force: true });
  }
}

/** The pause and busybox images, made from this machine's static busybox. */
export async function localBusyboxImages(busyboxPath = '/bin/busybox'): Promise<OciImage[]> {
  const busybox = await readFile(busyboxPath);
  const applets = (await runCommand(busyboxPath, ['--list']))
    .split('\n')
    .filter((line) => /^[\w.[-]+$/.test(line));
  return busyboxImages({ busybox, applets });
}
