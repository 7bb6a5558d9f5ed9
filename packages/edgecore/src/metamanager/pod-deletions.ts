// Pods that ended here: remembered until the cloud has confirmed it, and a while longer, so that no late message revives one.

import { Fault } from '@selvedge/base';
import type { Pod, Stored } from '@selvedge/kubernetes';
import { readAnswer, saysPodIsGone } from './cloud-answer.ts';
import type { Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';
import type { Reporter } from './uplink.ts';

interface Deletion {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly confirmedAtMs: number | undefined;
}

interface DeletionRow {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly confirmed_at: number | null;
}

/** Messages about a deleted pod may still be under way in the cloud's queues when it confirms the deletion. */
const keepConfirmedMs = 10 * 60_000;

export class PodDeletions implements Reporter {
  readonly name = 'pod-deletion';
  readonly #context: MetaContext;
  readonly #entries = new Map<string, Deletion>();
  readonly #upsert: Statement<never>;
  readonly #delete: Statement<never>;

  constructor(context: MetaContext) {
    this.#context = context;
    this.#upsert = context.database.prepare('INSERT OR REPLACE INTO pod_deletion VALUES (?, ?, ?, ?)');
    this.#delete = context.database.prepare('DELETE FROM pod_deletion WHERE uid = ?');
    for (const row of context.database.prepare<DeletionRow>('SELECT * FROM pod_deletion').all()) {
      const { uid, namespace, name, confirmed_at } = row;
      this.#entries.set(uid, { uid, namespace, name, confirmedAtMs: confirmed_at ?? undefined });
    }
  }

  /** The pod has ended on this node, whatever the cloud still says about it. */
  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  /** Remembers the pod within the caller's transaction. */
  add(pod: Stored<Pod>): () => void {
    const { namespace = '', name, uid } = pod.metadata;
    this.#upsert.run(uid, namespace, name, null);
    return () => void this.#entries.set(uid, { uid, namespace, name, confirmedAtMs: undefined });
  }

  pending(): Iterable<string> {
    this.#dropOld();
    return [...this.#entries.values()]
      .filter((entry) => entry.confirmedAtMs === undefined)
      .map(({ uid }) => uid);
  }

  async report(uid: string): Promise<undefined> {
    const entry = this.#entries.get(uid);
    if (!entry || entry.confirmedAtMs !== undefined) return;
    const answer = await this.#context.requests.ask({
      operation: 'delete',
      resource: `${entry.namespace}/pod/${entry.name}`,
      content: { gracePeriodSeconds: 0, preconditions: { uid } },
    });
    const result = readAnswer(answer);
    if (result.kind === 'failed' && !saysPodIsGone(result.status))
      throw new Fault(
        'metamanager/refused',
        `the cloud refused to delete pod ${entry.namespace}/${entry.name}: ${result.status.message}`,
        { retryable: true },
      );
    this.#confirm(entry);
  }

  #confirm(entry: Deletion): void {
    const confirmedAtMs = this.#context.clock.now();
    this.#entries.set(entry.uid, { ...entry, confirmedAtMs });
    this.#context.commits.lazily({
      apply: () => {
        this.#upsert.run(entry.uid, entry.namespace, entry.name, confirmedAtMs);
        return undefined;
      },
    });
    this.#dropOld();
  }

  #dropOld(): void {
    const beforeMs = this.#context.clock.now() - keepConfirmedMs;
    const old = [...this.#entries.values()].filter(
      ({ confirmedAtMs = beforeMs }) => confirmedAtMs < beforeMs,
    );
    for (const { uid } of old) {
      this.#context.commits.lazily({
        apply: () => {
          this.#delete.run(uid);
          return () => void this.#entries.delete(uid);
        },
      });
    }
  }
}
