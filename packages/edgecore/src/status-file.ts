// `status.json` in the node's directory: how the link stands, for whoever looks at the machine itself.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, type Logger } from '@selvedge/base';
import type { LinkState } from './edgehub/edgehub.ts';

export interface NodeLocalStatus {
  readonly node: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly link: {
    readonly state: LinkState['kind'];
    readonly since: string;
    readonly endpoint?: string;
    readonly reason?: string;
  };
}

export function statusPath(directory: string): string {
  return join(directory, 'status.json');
}

export interface StatusFileOptions {
  readonly directory: string;
  readonly node: string;
  readonly startedAtMs: number;
  readonly logger: Logger;
}

export class StatusFile implements Disposable {
  readonly #options: StatusFileOptions;

  constructor(options: StatusFileOptions) {
    this.#options = options;
  }

  /** Best effort and not synced to disk: it says nothing that matters after a power cut. */
  write(link: LinkState): void {
    const { directory, node, startedAtMs, logger } = this.#options;
    const status: NodeLocalStatus = {
      node,
      pid: process.pid,
      startedAt: new Date(startedAtMs).toISOString(),
      link: {
        state: link.kind,
        since: new Date(link.sinceMs).toISOString(),
        ...('endpoint' in link ? { endpoint: link.endpoint } : {}),
        ...('reason' in link ? { reason: link.reason } : {}),
      },
    };
    const path = statusPath(directory);
    try {
      writeFileSync(`${path}.new`, `${JSON.stringify(status)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch (error) {
      logger.warn('status file can not be written', { error: describeError(error) });
    }
  }

  [Symbol.dispose](): void {
    rmSync(statusPath(this.#options.directory), { force: true });
  }
}
