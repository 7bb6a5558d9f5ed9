// One SQLite file: opened durably and privately, its failures told apart (full disk, damage, the rest), damage moved aside.

import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { describeError, Fault, isFault, type Logger } from '@selvedge/base';
import { jsonColumns, schemaSteps } from './schema.ts';

export interface Statement<Row> {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  run(...values: SQLInputValue[]): void;
}

export interface Database extends Disposable {
  prepare<Row = never>(sql: string): Statement<Row>;
  /** Runs `work` in one durable transaction: when this returns, the changes survive a power cut. */
  transaction(work: () => void): void;
}

export interface DatabaseOptions {
  readonly path: string;
  readonly logger: Logger;
  /** Milliseconds since the epoch, for the name of a damaged file. */
  readonly now: () => number;
  /** Stops the file from growing beyond this, so that a store never fills the machine's disk. */
  readonly maxBytes: number;
}

const pageBytes = 4_096;
const resultCode = { readOnly: 8, ioError: 10, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** Opens the file; a damaged one is moved aside and an empty one takes its place. */
export function openDatabase(options: DatabaseOptions): Database {
  try {
    return openFile(options);
  } catch (error) {
    if (!isFault(error, 'metamanager/store-corrupt')) throw error;
    const aside = `${options.path}.corrupt-${options.now()}`;
    moveAside(options.path, aside);
    options.logger.error('store was damaged: starting with an empty one', {
      movedTo: aside,
      error: describeError(error),
    });
    return openFile(options);
  }
}

function openFile(options: DatabaseOptions): Database {
  // SQLite gives its -wal and -shm files the mode of the main file, so that one is made first, and private.
  if (!existsSync(options.path)) createPrivate(options.path);
  chmodSync(options.path, 0o600);
  const sqlite = attempt('open the store', () => new DatabaseSync(options.path));
  try {
    attempt('open the store', () => prepareFile(sqlite, options.maxBytes));
  } catch (error) {
    sqlite.close();
    throw error;
  }
  return new SqliteDatabase(sqlite);
}

function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (cause) {
    throw new Fault('metamanager/store-failed', `can not create the store ${path}`, { cause });
  }
}

function prepareFile(sqlite: DatabaseSync, maxBytes: number): void {
  sqlite.exec('PRAGMA journal_mode = WAL');
  sqlite.exec('PRAGMA synchronous = FULL');
  sqlite.exec('PRAGMA busy_timeout = 2000');
  sqlite.exec('PRAGMA cache_size = -512');
  sqlite.exec('PRAGMA wal_autocheckpoint = 256');
  sqlite.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageBytes)}`);
  const check = sqlite.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (check.quick_check !== 'ok')
    throw new Fault('metamanager/store-corrupt', `the store is damaged: ${check.quick_check}`);
  migrate(sqlite);
  checkContents(sqlite);
}

/** SQLite's own check sees to its pages, not to what we keep in them: one damaged row would end every start from then on. */
function checkContents(sqlite: DatabaseSync): void {
  for (const [table, column] of jsonColumns) {
    const damaged = sqlite.prepare(`SELECT 1 FROM ${table} WHERE NOT json_valid(${column}) LIMIT 1`).get();
    if (damaged) throw new Fault('metamanager/store-corrupt', `a row of table ${table} is damaged`);
  }
}

/** What a row holds as JSON; every reader of one parses it here. */
export function parseStored<Content>(text: string): Content {
  try {
    return JSON.parse(text) as Content;
  } catch (cause) {
    throw new Fault('metamanager/store-corrupt', 'a row of the store is damaged', { cause });
  }
}

function migrate(sqlite: DatabaseSync): void {
  const { user_version: from } = sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
  if (from > schemaSteps.length)
    throw new Fault(
      'metamanager/store-too-new',
      `the store has schema version ${from}, this edgecore knows versions up to ${schemaSteps.length}`,
      {
        hint: 'start the newer edgecore that wrote it, or move the store away: the cloud sends everything again',
      },
    );
  for (const [index, step] of schemaSteps.entries()) {
    if (index < from) continue;
    sqlite.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`);
  }
}

function moveAside(path: string, aside: string): void {
  renameSync(path, aside);
  // The log of a damaged file must not be replayed into the new one.
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
}

class SqliteDatabase implements Database {
  readonly #sqlite: DatabaseSync;

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  prepare<Row = never>(sql: string): Statement<Row> {
    const statement = this.#sqlite.prepare(sql);
    return {
      get: (...values) => attempt('read the store', () => statement.get(...values) as Row | undefined),
      all: (...values) => attempt('read the store', () => statement.all(...values) as Row[]),
      run: (...values) => void attempt('write the store', () => statement.run(...values)),
    };
  }

  transaction(work: () => void): void {
    attempt('write the store', () => this.#sqlite.exec('BEGIN IMMEDIATE'));
    try {
      work();
      attempt('write the store', () => this.#sqlite.exec('COMMIT'));
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** A full disk or an I/O error may have ended the transaction already; then there is nothing to roll back. */
  #rollBack(): void {
    try {
      this.#sqlite.exec('ROLLBACK');
    } catch (error) {
      if (!describeError(error).includes('no transaction is active')) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#sqlite.close();
  }
}

function attempt<Result>(what: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw faultOf(what, cause);
  }
}

function faultOf(what: string, cause: unknown): Fault {
  const extended = (cause as { errcode?: unknown }).errcode;
  const code = typeof extended === 'number' ? extended & 0xff : undefined;
  switch (code) {
    case resultCode.full:
    case resultCode.ioError:
    case resultCode.readOnly:
      return new Fault('metamanager/disk-full', `can not ${what}: the disk is full or fails`, {
        cause,
        retryable: true,
        hint: 'free space on the disk that holds the node directory; edgecore goes on by itself',
      });
    case resultCode.corrupt:
    case resultCode.notADatabase:
      return new Fault('metamanager/store-corrupt', `can not ${what}: the file is damaged`, { cause });
    default:
      return new Fault('metamanager/store-failed', `can not ${what}`, { cause });
  }
}
