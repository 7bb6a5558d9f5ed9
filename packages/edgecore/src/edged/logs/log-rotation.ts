// Keeps containers' logs small: a full one is set aside and begun anew, the oldest go.

import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Clock, describeError, type Logger, type TimerHandle } from '@selvedge/base';
import type { ContainerRuntime, ContainerStatus } from '../runtime/container-runtime.ts';
import type { PodRuntimeCache } from '../runtime/pod-runtime-cache.ts';

export interface LogRotationOptions {
  readonly runtime: Pick<ContainerRuntime, 'reopenLog'>;
  readonly cache: Pick<PodRuntimeCache, 'pods'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxBytes?: number;
  /** Of one container, the one being written among them. */
  readonly maxFiles?: number;
}

const intervalMs = 10_000;

export class LogRotation implements AsyncDisposable {
  readonly #options: Required<LogRotationOptions>;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: LogRotationOptions) {
    this.#options = { maxBytes: 10 << 20, maxFiles: 5, ...options };
  }

  start(): void {
    this.#running = this.rotateAll().finally(() => {
      if (!this.#stopped) this.#timer = this.#options.clock.after(intervalMs, () => this.start());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async rotateAll(): Promise<void> {
    for (const pod of this.#options.cache.pods()) {
      for (const container of pod.containers) {
        if (container.state !== 'running' || container.logPath === '') continue;
        await this.#rotate(container).catch((error) =>
          this.#options.logger.warn('log-rotation-failed', {
            path: container.logPath,
            error: describeError(error),
          }),
        );
      }
    }
  }

  async #rotate({ id, logPath }: ContainerStatus): Promise<void> {
    const { maxBytes, maxFiles, clock, runtime } = this.#options;
    const size = (await stat(logPath).catch(() => undefined))?.size ?? 0;
    if (size < maxBytes) return;
    const stamp = new Date(clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
    const rotated = `${logPath}.${stamp}`;
    await rename(logPath, rotated);
    try {
      await runtime.reopenLog(id);
    } catch (error) {
      await rename(rotated, logPath); // the container still writes to it
      throw error;
    }
    for (const old of (await rotatedLogs(logPath)).slice(0, -(maxFiles - 1))) await rm(old, { force: true });
  }
}

/** The logs set aside for this one, oldest first. */
export async function rotatedLogs(logPath: string): Promise<string[]> {
  const directory = dirname(logPath);
  const prefix = `${basename(logPath)}.`;
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => join(directory, name));
}
