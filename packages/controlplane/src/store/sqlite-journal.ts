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

  async load(begin: (state: JournalState) => void, visit: (record: JournalRecord) => void): Promise<void> {
    begin(
      await this.#ask({ kind: 'state' }, (answer) => (answer.kind === 'state' ? answer.state : undefined)),
    );
    // One batch at a time: the thread reads faster than they are taken up, and a million would pile up between.
    for (let after = 0; ; ) {
      const records = await this.#ask({ kind: 'records', after }, (answer) =>
        answer.kind === 'records' ? answer.records : undefined,
      );
      for (const record of records) visit(record);
      const last = records.at(-1);
      if (!last) return;
      after = last.revision;
    }
  }

  append(batch: Parameters<Journal['append']>[0]): Promise<void> {
    return this.#ask({ kind: 'append', batch }, isDone).then(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#broken) {
      await this.#ask({ kind: 'close' }, isDone);
    }
    await this.#worker.terminate();
  }

  /** `read` finds the result in the answer, or nothing where it is another one's. */
  #ask<T>(request: WorkerRequest, read: (answer: WorkerAnswer) => T | undefined): Promise<T> {
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
            const isLoading = request.kind === 'state' || request.kind === 'records';
            const options = { retryable: true, ...(isLoading && { hint: damagedHint }) };
            settle(() => reject(new Fault('store/journal-failed', message, options)));
            return;
          }
          const result = read(answer);
          if (result !== undefined) settle(() => resolve(result));
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

function isDone(answer: WorkerAnswer): true | undefined {
  return answer.kind === 'done' ? true : undefined;
}
