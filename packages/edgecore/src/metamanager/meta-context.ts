// What the parts of metamanager share: the store, its commits, the way to the cloud, time and logs.

import type { Clock, Logger } from '@selvedge/base';
import { ChangeFeed } from './change-feed.ts';
import { CloudRequests } from './cloud-requests.ts';
import { CommitQueue } from './commit-queue.ts';
import { type Database, openDatabase } from './database.ts';
import { ObjectTable } from './object-table.ts';

export interface MetaContext {
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly commits: CommitQueue;
  readonly objects: ObjectTable;
  readonly requests: CloudRequests;
  readonly changes: ChangeFeed;
}

export interface MetaContextOptions {
  readonly path: string;
  readonly nodeName: string;
  readonly maxStoreBytes: number;
  readonly logger: Logger;
  readonly clock: Clock;
  /** The store can not go on: damaged beneath us. */
  readonly onFatal: (error: unknown) => void;
}

const limits = {
  parseCacheBytes: 1 << 20,
  /** As KubeEdge's remoteQueryTimeout. */
  requestTimeoutMs: 60_000,
  lazyCommitMs: 20,
  commitRetryMs: 5_000,
} as const;

export function openMetaContext(options: MetaContextOptions): MetaContext {
  const { nodeName, clock, logger, path, maxStoreBytes } = options;
  const database = openDatabase({ path, logger, now: () => clock.now(), maxBytes: maxStoreBytes });
  const objects = new ObjectTable(database, limits.parseCacheBytes);
  return {
    nodeName,
    clock,
    logger,
    database,
    requests: new CloudRequests(clock, limits.requestTimeoutMs),
    objects,
    changes: new ChangeFeed(),
    commits: new CommitQueue({
      database,
      clock,
      logger,
      lazyDelayMs: limits.lazyCommitMs,
      retryDelayMs: limits.commitRetryMs,
      onFatal: options.onFatal,
      onRollback: () => objects.dropParsed(),
    }),
  };
}
