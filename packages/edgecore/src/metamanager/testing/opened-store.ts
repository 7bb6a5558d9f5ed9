// A MetaManager over a file of its own, with a clock moved by hand, for tests of its parts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FakeClock, silentLogger } from '@selvedge/base';
import { MemoryLink } from '../../test-cloud/memory-link.ts';
import { type MetaManager, openMetaManager } from '../meta-manager.ts';

export class OpenedStore implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'metamanager-'));
  readonly clock = new FakeClock();
  manager: MetaManager = this.#open();

  async restart(change: (database: DatabaseSync) => void = () => undefined): Promise<void> {
    await this.manager[Symbol.asyncDispose]();
    const database = new DatabaseSync(this.path);
    change(database);
    database.close();
    this.manager = this.#open();
  }

  get path(): string {
    return join(this.directory, 'store.db');
  }

  /** The hub renews leases unless a test is about a cloud that does not. */
  connect(...capabilities: string[]): MemoryLink {
    const link = new MemoryLink(this.manager, ['lease', ...capabilities]);
    this.manager.linkUp(link);
    return link;
  }

  /** What another process reads from the file: only what is committed. */
  onDisk<Row>(sql: string): Row[] {
    const database = new DatabaseSync(this.path, { readOnly: true });
    try {
      return database.prepare(sql).all() as Row[];
    } finally {
      database.close();
    }
  }

  /** `type/name` of each object on disk, in order. */
  objects(): string[] {
    const rows = this.onDisk<{ id: string }>("SELECT type || '/' || name AS id FROM object ORDER BY id");
    return rows.map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true });
    if (this.clock.pendingTimers > 0) throw new Error(`${this.clock.pendingTimers} timers are left`);
  }

  #open(): MetaManager {
    return openMetaManager({
      path: this.path,
      nodeName: 'edge-1',
      maxStoreBytes: 1 << 24,
      maxStoredEvents: 5,
      logger: silentLogger,
      clock: this.clock,
      onFatal: (error) => {
        throw error;
      },
    });
  }
}
