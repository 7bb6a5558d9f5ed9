// The thread that owns the database file: it appends batches and answers after COMMIT, with its fdatasync, has returned.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerAnswer, WorkerRequest } from './sqlite-messages.ts';
import type { JournalRecord, JournalState } from './types.ts';

const schema = `
  CREATE TABLE IF NOT EXISTS log (
    revision INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    previous_revision INTEGER NOT NULL,
    header TEXT NOT NULL,
    value BLOB
  ) STRICT;
  CREATE TABLE IF NOT EXISTS compaction (collection TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
`;
const loadBatchSize = 2_000;
/** The version of the schema above, kept in the file itself. */
const schemaVersion = 1;

class Log {
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #discard: StatementSync;
  readonly #compact: StatementSync;
  readonly #count: StatementSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
    const version = (this.#database.prepare('PRAGMA user_version').get() as { user_version: number })
      .user_version;
    if (version > schemaVersion)
      throw new Error(`the database has format ${version}, this program knows ${schemaVersion}`);
    this.#database.exec(schema);
    this.#database.exec(`PRAGMA user_version = ${schemaVersion}`);
    this.#select = this.#database.prepare('SELECT * FROM log WHERE revision > ? ORDER BY revision LIMIT ?');
    this.#insert = this.#database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)');
    this.#discard = this.#database.prepare('DELETE FROM log WHERE revision = ?');
    this.#compact = this.#database.prepare('INSERT OR REPLACE INTO compaction VALUES (?, ?)');
    this.#count = this.#database.prepare("INSERT OR REPLACE INTO counter VALUES ('revision', ?)");
  }

  records(after: number): JournalRecord[] {
    return (this.#select.all(after, loadBatchSize) as unknown as LogRow[]).map(recordOf);
  }

  state(): JournalState {
    const counter = this.#database.prepare("SELECT value FROM counter WHERE name = 'revision'").get() as
      | { value: number }
      | undefined;
    const compacted = this.#database.prepare('SELECT collection, revision FROM compaction').all() as Array<{
      collection: string;
      revision: number;
    }>;
    return {
      revision: counter?.value ?? 0,
      compacted: new Map(compacted.map((row) => [row.collection, row.revision])),
    };
  }

  append({ batch }: Extract<WorkerRequest, { kind: 'append' }>): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const record of batch.records) {
        const { revision, collection, key, previousRevision, header, value } = record;
        this.#insert.run(revision, collection, key, previousRevision, header, value);
      }
      for (const revision of batch.discard) this.#discard.run(revision);
      for (const [collection, revision] of batch.compacted) this.#compact.run(collection, revision);
      if (batch.compacted.size > 0) this.#count.run(batch.revision);
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }
}

interface LogRow {
  revision: number;
  collection: string;
  key: string;
  previous_revision: number;
  header: string;
  value: Uint8Array | null;
}

function recordOf(row: LogRow): JournalRecord {
  return {
    revision: row.revision,
    collection: row.collection,
    key: row.key,
    previousRevision: row.previous_revision,
    header: row.header,
    value: row.value,
  };
}

function serve(): void {
  const port = parentPort;
  if (!port) return;
  const post = (answer: WorkerAnswer) => port.postMessage(answer);
  const { path } = workerData as { path: string };
  let log: Log | undefined;
  const answer = (request: WorkerRequest): WorkerAnswer => {
    log ??= new Log(path);
    if (request.kind === 'state') return { kind: 'state', state: log.state() };
    if (request.kind === 'records') return { kind: 'records', records: log.records(request.after) };
    if (request.kind === 'append') log.append(request);
    else log.close();
    return { kind: 'done' };
  };
  port.on('message', (request: WorkerRequest) => {
    try {
      post(answer(request));
      if (request.kind === 'close') port.close();
    } catch (error) {
      post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  });
}

serve();
