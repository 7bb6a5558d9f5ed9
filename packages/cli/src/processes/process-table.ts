// The processes that `up` starts: each is on its own from then on, remembered in a file of `run/`, and found again however it was restarted.

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Fault, sleep } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { bootId, findByArguments, isAlive, type ProcessIdentity, startTimeOf } from '../machine/proc.ts';

/** Where records and logs lie; `root` is where processes are started. */
export interface RunDirectory {
  readonly root: string;
  readonly run: string;
  readonly logs: string;
}

export interface ProcessPlan {
  readonly name: string;
  /** The edge it belongs to; undefined for the cloud's. */
  readonly node: string | undefined;
  readonly command: readonly string[];
}

export interface ProcessRecord extends ProcessPlan, ProcessIdentity {
  readonly log: string;
}

export interface ProcessState {
  readonly record: ProcessRecord;
  /** Undefined when it does not run. */
  readonly pid: number | undefined;
}

const pollMs = 50;
const recordSuffix = '.json';

export class ProcessTable {
  readonly #data: RunDirectory;
  readonly #clock: Clock;
  readonly #searchPath: string;

  constructor(options: { readonly data: RunDirectory; readonly clock: Clock; readonly searchPath: string }) {
    this.#data = options.data;
    this.#clock = options.clock;
    this.#searchPath = options.searchPath;
  }

  async list(): Promise<ProcessState[]> {
    const files = await readdir(this.#data.run).catch(() => []);
    const records = await Promise.all(
      files
        .filter((file) => file.endsWith(recordSuffix))
        .sort()
        .map((file) => this.#read(file.slice(0, -recordSuffix.length))),
    );
    const known = records.filter((record) => record !== undefined);
    return Promise.all(known.map(async (record) => ({ record, pid: await runningPid(record) })));
  }

  async find(name: string): Promise<ProcessState | undefined> {
    const record = await this.#read(name);
    return record && { record, pid: await runningPid(record) };
  }

  /** Starts a process that outlives this one, its output going to its log. */
  async start(plan: ProcessPlan): Promise<ProcessRecord> {
    const log = join(this.#data.logs, `${plan.name}.log`);
    const descriptor = openSync(log, 'a', 0o600);
    let pid: number;
    try {
      pid = await this.#spawn(plan, descriptor);
    } finally {
      closeSync(descriptor);
    }
    const startTime = await startTimeOf(pid);
    const record = { ...plan, pid, startTime: startTime ?? '', bootId: await bootId(), log };
    writeFileDurably(this.#path(plan.name), `${JSON.stringify(record, null, 2)}\n`);
    return record;
  }

  #spawn({ name, command }: ProcessPlan, descriptor: number): Promise<number> {
    const [program = '', ...args] = command;
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        detached: true,
        stdio: ['ignore', descriptor, descriptor],
        env: { ...environmentOfPrograms(), PATH: this.#searchPath },
        cwd: this.#data.root,
      });
      child.once('error', (cause) =>
        reject(new Fault('cli/program-failed', `${name} can not be started`, { cause })),
      );
      child.once('spawn', () => {
        child.unref();
        resolve(Number(child.pid));
      });
    });
  }

  /** Asks the process to end, and ends it by force after the deadline. Its record stays: it can be started again. */
  async stop(name: string, deadlineMs: number): Promise<void> {
    const state = await this.find(name);
    if (state?.pid !== undefined) await this.#stopProcess(state.pid, deadlineMs);
  }

  async #stopProcess(pid: number, deadlineMs: number): Promise<void> {
    const startTime = await startTimeOf(pid);
    if (startTime === undefined) return;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      sendSignal(pid, signal);
      const deadline = this.#clock.monotonic() + deadlineMs;
      while (this.#clock.monotonic() < deadline) {
        if ((await startTimeOf(pid)) !== startTime) return;
        await sleep(this.#clock, pollMs);
      }
    }
    throw new Fault('cli/will-not-end', `process ${pid} does not end, not even by force`);
  }

  /** Stops whatever runs these arguments of ours, however it was started. */
  async stopCommand(args: readonly string[], deadlineMs: number): Promise<void> {
    const pid = await findByArguments(args);
    if (pid !== undefined) await this.#stopProcess(pid, deadlineMs);
  }

  async forget(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  /**
   * Resolves when `isReady` says so. Faults: `cli/process-ended` when the process is gone, `cli/not-ready` after the
   * deadline; both carry the end of its log.
   */
  async waitUntilReady(
    record: ProcessRecord,
    options: {
      readonly isReady: () => Promise<boolean>;
      readonly timeoutMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<void> {
    const deadline = this.#clock.monotonic() + options.timeoutMs;
    while (!(await options.isReady())) {
      if (options.signal.aborted) throw new Fault('cli/interrupted', 'interrupted');
      if ((await runningPid(record)) === undefined) {
        throw await this.#fault('cli/process-ended', `${record.name} has ended`, record);
      }
      if (this.#clock.monotonic() > deadline) {
        const seconds = Math.round(options.timeoutMs / 1000);
        throw await this.#fault('cli/not-ready', `${record.name} is not ready after ${seconds} s`, record);
      }
      await sleep(this.#clock, pollMs, options.signal);
    }
  }

  async #fault(
    code: 'cli/process-ended' | 'cli/not-ready',
    message: string,
    record: ProcessRecord,
  ): Promise<Fault> {
    const text = await readFile(record.log, 'utf8').catch(() => '');
    const tail = text.trimEnd().split('\n').slice(-5).join('\n  ');
    return new Fault(code, message, { hint: `its log, ${record.log}, ends with:\n  ${tail}` });
  }

  #path(name: string): string {
    return join(this.#data.run, `${name}${recordSuffix}`);
  }

  async #read(name: string): Promise<ProcessRecord | undefined> {
    const text = await readFile(this.#path(name), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as ProcessRecord;
    } catch (cause) {
      throw new Fault('cli/record-broken', `${this.#path(name)} can not be read`, {
        cause,
        hint: 'remove it; the process it spoke of may still run',
      });
    }
  }
}

/** Options of `up` in the environment are not those of what it starts; how much is logged is. */
function environmentOfPrograms(): Record<string, string | undefined> {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => !name.startsWith('SELVEDGE_') || name.startsWith('SELVEDGE_LOG_')),
  );
}

/** The process as it was started, or another one that a person started by the same command. */
async function runningPid(record: ProcessRecord): Promise<number | undefined> {
  if (await isAlive(record)) return record.pid;
  return findByArguments(record.command.slice(1));
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
