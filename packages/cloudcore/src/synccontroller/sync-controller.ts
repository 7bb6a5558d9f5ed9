// Keeps Go edges in step: compares what each connected one has acknowledged with what it should have, and clears the records of nodes that are gone.

import { type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { resources } from '@selvedge/kubernetes';
import type { SyncStore } from './sync-store.ts';

/** One connected Go edge. */
export interface SyncTarget {
  resync(): void;
}

export interface SyncControllerOptions {
  readonly client: KubeClient;
  readonly syncs: SyncStore;
  /** The Go edges connected here; those connected elsewhere are another replica's. */
  readonly targets: () => Iterable<SyncTarget>;
  /** Whether a Node by this name is known. */
  readonly nodeExists: (node: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMs?: number;
}

/** KubeEdge's interval. */
const defaultIntervalMs = 5_000;
const roundsToWait = 2;
/** Nodes whose records were looked for and cleared at the start, and then every so many rounds. */
const collectEveryRounds = 60;

export class SyncController {
  readonly #options: SyncControllerOptions;

  constructor(options: SyncControllerOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, syncs } = this.#options;
    for (let round = 0; !signal.aborted; round++) {
      await sleep(clock, intervalMs ?? defaultIntervalMs, signal);
      // A cluster without the CRDs must not keep edges from their pods: after a while what is in memory has to do.
      if (signal.aborted || (!syncs.hasSynced && round < roundsToWait)) continue;
      for (const target of this.#options.targets()) target.resync();
      if (syncs.hasSynced && round % collectEveryRounds === 0) await this.#collect();
    }
  }

  /** The node is gone: so is what it had. */
  forget(node: string): void {
    for (const record of this.#options.syncs.ofNode(node)) this.#options.syncs.forget(record);
  }

  async #collect(): Promise<void> {
    const unknown = new Set<string>();
    for (const { node } of this.#options.syncs.all()) if (!this.#options.nodeExists(node)) unknown.add(node);
    for (const node of unknown) {
      try {
        if (await this.#isGone(node)) this.forget(node);
      } catch (error) {
        this.#options.logger.warn('ObjectSyncs of a missing node not cleared', {
          node,
          error: describeError(error),
        });
      }
    }
  }

  async #isGone(node: string): Promise<boolean> {
    try {
      await this.#options.client.get({ type: resources.nodes, name: node });
      return false;
    } catch (error) {
      if (isApiFault(error, 'NotFound')) return true;
      throw error;
    }
  }
}
