// A private containerd with its own bridge, subnet and images for end-to-end tests; leaves nothing behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@selvedge/base';
import {
  type ContainerdInstance,
  containerdPaths,
  importImages,
  killContainers,
  localBusyboxImages,
  removeContainerdLeftovers,
  waitForSocket,
  writeContainerdFiles,
} from '@selvedge/edgecore/runtime-setup';

export interface TestContainerd extends AsyncDisposable {
  readonly socket: string;
  /** A temporary directory of this test, removed with it. */
  readonly directory: string;
  readonly instance: ContainerdInstance;
  /** As after a power cut: containerd and every container gone, its mounts and state too, its images and metadata left. */
  cutPower(): Promise<void>;
  /** Ends containerd alone; containers run on. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Whether this machine can run containers at all: tests skip themselves where it can not. */
export function canRunContainerd(): boolean {
  return process.getuid?.() === 0 && Bun.which('containerd') !== null && Bun.which('runc') !== null;
}

export async function startTestContainerd(): Promise<TestContainerd> {
  const directory = await mkdtemp(join(tmpdir(), 'selvedge-edged-'));
  const third = 64 + Math.floor(Math.random() * 190);
  const network = `sv${Math.floor(Math.random() * 0xffff).toString(16)}t`;
  const instance: ContainerdInstance = {
    directory: join(directory, 'containerd'),
    network,
    podSubnet: `10.${third}.${Math.floor(Math.random() * 250)}.0/24`,
    restrictOomScoreAdj: true,
    masquerade: false,
  };
  const paths = containerdPaths(instance.directory);
  let child: ChildProcess | undefined;
  const start = async () => {
    const [program = 'containerd', ...args] = await writeContainerdFiles(instance);
    const log = openSync(join(directory, 'containerd.log'), 'a');
    child = spawn(program, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    await waitForSocket(paths.socket, { clock: systemClock, timeoutMs: 20_000 });
  };
  const stop = async () => {
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  const images = await localBusyboxImages();
  await importImages({ socket: paths.socket, images, temporaryDirectory: directory });
  return {
    socket: paths.socket,
    directory,
    instance,
    start,
    stop,
    cutPower: async () => {
      await stop();
      await killContainers(instance, systemClock);
      await removeContainerdLeftovers(instance, { clock: systemClock, removeFiles: false });
      await rm(paths.state, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      await removeContainerdLeftovers(instance, {
        clock: systemClock,
        removeFiles: true,
        alsoUnmount: [directory],
        podRoot: join(directory, 'kubelet'),
      });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
