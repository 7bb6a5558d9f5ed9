// A journal in one SQLite file (WAL, synchronous=FULL), written by a thread of its own so that a commit blocks nobody.

import { Worker } from 'node:worker_threads';
import { Fault } from '@selvedge/base';
import type { WorkerAnswer, WorkerRequest } from './sqlite-messages.ts';
import type { Journal, JournalRecord, JournalState } from './types.ts';

export function sqliteJournal(path: string): Journal {
  return new SqliteJournal(path);
}

const damagedHint =
  'look at the disk; a file that is damaged comes back from a copy, without it the cluster starts empty';

type Waiter = { onAnswer: (answer: WorkerAnswer) => void; onBroken: (fault: Fault) => void };

class SqliteJournal implements Journal {
  readonly #path: string;
  readonly #worker: Worker;
  #waiter: Waiter | undefined;
  #broken: Fault | undefined;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
    this.#worker = new Worker(new URL('./sqlite-worker.ts', import.meta.url), { workerData: { path } });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#waiter?.onAnswer(answer));
    this.#worker.on('error', (error) => this.#break(error));
    this.#worker.on('exit', () => this.#closed || this.#break(new Error('the database thread ended')));
  }

  async load(visit: (record: JournalRecord) => void): Promise<JournalState> {
    const state = await this.#ask<JournalState>({ kind: 'load' }, (answer, resolve) => {
      if (answer.kind === 'rows') for (const record of answer.records) visit(record);
      if (answer.kind === 'loaded') resolve(answer);
    });
    return state;
  }

  append(batch: Parameters<Journal['append']>[0]): Promise<void> {
    return this.#ask({ kind: 'append', batch }, (answer, resolve) => answer.kind === 'done' && resolve());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#broken) {
      await this.#ask<void>({ kind: 'close' }, (answer, resolve) => answer.kind === 'done' && resolve());
    }
    await this.#worker.terminate();
  }

  #ask<T>(
    request: WorkerRequest,
    take: (answer: WorkerAnswer, resolve: (value: T) => void) => void,
  ): Promise<T> {
    if (this.#broken) return Promise.reject(this.#broken);
    if (this.#waiter) return Promise.reject(new Fault('store/journal-busy', 'one request at a time'));
    return new Promise<T>((resolve, reject) => {
      const settle = (finish: () => void) => {
        this.#waiter = undefined;
        finish();
      };
      this.#waiter = {
        onBroken: (fault) => settle(() => reject(fault)),
        onAnswer: (answer) => {
          if (answer.kind === 'failed') {
            const message = `${this.#path}: ${answer.message}`;
            const hint = request.kind === 'load' ? { hint: damagedHint } : {};
            settle(() => reject(new Fault('store/journal-failed', message, { retryable: true, ...hint })));
          } else take(answer, (value) => settle(() => resolve(value)));
        },
      };
      this.#worker.postMessage(request);
    });
  }

  #break(cause: unknown): void {
    this.#broken ??= new Fault('store/journal-broken', `${this.#path}: the database can not be used`, {
      cause,
    });
    this.#waiter?.onBroken(this.#broken);
  }
}
