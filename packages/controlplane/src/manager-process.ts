// Keeps scheduler and controllers running in a process of their own: started again with growing delays when it dies.

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Backoff, type Clock, type Logger, type TimerHandle } from '@selvedge/base';

export interface ManagerOptions {
  readonly kubeconfig: string;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A manager that lived this long was well: the next restart is quick again. */
const steadyMs = 60_000;
const stopDeadlineMs = 5_000;

export function startManager(options: ManagerOptions): AsyncDisposable {
  const manager = new ManagerProcess(options);
  manager.start();
  return manager;
}

class ManagerProcess implements AsyncDisposable {
  readonly #options: ManagerOptions;
  readonly #backoff = new Backoff({ initialMs: 500, maxMs: 30_000 });
  #child: ChildProcess | undefined;
  #restart: TimerHandle | undefined;
  #stopping = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  start(): void {
    const { kubeconfig, logger, clock } = this.#options;
    const program = fileURLToPath(new URL('./manager-main.ts', import.meta.url));
    const startedMs = clock.monotonic();
    // Its standard input stays open for as long as this process lives: its end tells the child to stop, however we went.
    const child = spawn(process.execPath, [program, '--kubeconfig', kubeconfig], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => logger.error('manager could not be started', { error: error.message }));
    child.once('close', (code, signal) => {
      this.#child = undefined;
      if (this.#stopping) return;
      if (clock.monotonic() - startedMs > steadyMs) this.#backoff.reset();
      const delayMs = Math.round(this.#backoff.next());
      logger.warn('manager ended, starting it again', { code, signal, delayMs });
      this.#restart = clock.after(delayMs, () => this.start());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    const child = this.#child;
    if (!child) return;
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin?.end();
    const deadline = this.#options.clock.after(stopDeadlineMs, () => void child.kill('SIGKILL'));
    await closed;
    deadline.cancel();
  }
}
