// The status last reported for each pod: kept over restarts, sent until the cloud has it, dropped with its pod.

import { Fault } from '@selvedge/base';
import type { Pod, PodStatus, Stored } from '@selvedge/kubernetes';
import { type CloudAnswer, readAnswer, saysPodIsGone } from './cloud-answer.ts';
import { parseStored, type Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';
import { type KnownAddresses, podStatusPatch } from './pod-status-patch.ts';
import type { Reporter } from './uplink.ts';

interface StatusEntry {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly status: PodStatus;
  readonly content: string;
}

interface StatusRow {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly content: string;
}

export interface PodStatusesOptions {
  readonly context: MetaContext;
  readonly touch: (key: string) => void;
  /** The cloud has no pod of this name and uid any more. */
  readonly onPodGone: (pod: { namespace: string; name: string; uid: string }) => void;
}

export class PodStatuses implements Reporter {
  readonly name = 'pod-status';
  readonly #options: PodStatusesOptions;
  readonly #entries = new Map<string, StatusEntry>();
  /** Pods, by uid, whose addresses the cloud has; after a restart a refusal tells. */
  readonly #withAddresses = new Set<string>();
  readonly #upsert: Statement<never>;
  readonly #delete: Statement<never>;

  constructor(options: PodStatusesOptions) {
    this.#options = options;
    const { database } = options.context;
    this.#upsert = database.prepare('INSERT OR REPLACE INTO pod_status VALUES (?, ?, ?, ?)');
    this.#delete = database.prepare('DELETE FROM pod_status WHERE namespace = ? AND name = ?');
    for (const row of database.prepare<StatusRow>('SELECT * FROM pod_status').all())
      this.#entries.set(keyOf(row), { ...row, status: parseStored<PodStatus>(row.content) });
  }

  get(namespace: string, name: string): { readonly uid: string; readonly status: PodStatus } | undefined {
    return this.#entries.get(keyOf({ namespace, name }));
  }

  set(pod: Stored<Pod>, status: PodStatus): void {
    const { namespace = '', name, uid } = pod.metadata;
    const key = keyOf({ namespace, name });
    const content = JSON.stringify(status);
    const known = this.#entries.get(key);
    if (known?.uid === uid && known.content === content) return;
    this.#entries.set(key, { namespace, name, uid, status, content });
    this.#options.context.commits.lazily({
      key: `pod-status/${key}`,
      apply: () => {
        // Forgotten while the write waited: the pod is gone.
        if (this.#entries.get(key)?.content === content) this.#upsert.run(namespace, name, uid, content);
        return undefined;
      },
    });
    this.#options.touch(key);
  }

  /** Forgets a pod's status within the caller's transaction. */
  remove(namespace: string, name: string): () => void {
    this.#delete.run(namespace, name);
    return () => {
      const key = keyOf({ namespace, name });
      this.#withAddresses.delete(this.#entries.get(key)?.uid ?? '');
      this.#entries.delete(key);
    };
  }

  /** Everything: while the link was away the cloud may have marked the node's pods as not ready. */
  pending(): Iterable<string> {
    return [...this.#entries.keys()];
  }

  async report(key: string): Promise<undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return;
    const known = this.#withAddresses.has(entry.uid) ? 'some' : 'none';
    let result = await this.#send(entry, known);
    if (result.kind === 'failed' && result.status.reason === 'Invalid')
      result = await this.#send(entry, known === 'some' ? 'none' : 'some');
    if (result.kind !== 'failed') return;
    if (!saysPodIsGone(result.status)) {
      const { message } = result.status;
      throw new Fault('metamanager/refused', `the cloud refused the status of pod ${key}: ${message}`, {
        retryable: true,
      });
    }
    this.#forget(key, entry);
  }

  async #send(entry: StatusEntry, known: KnownAddresses): Promise<CloudAnswer> {
    const answer = await this.#options.context.requests.ask({
      operation: 'patch',
      resource: `${entry.namespace}/podpatch/${entry.name}`,
      content: podStatusPatch(entry.uid, entry.status, known),
    });
    const result = readAnswer(answer);
    const hasAddresses = known === 'some' || (entry.status.podIPs ?? []).length > 0;
    if (result.kind !== 'failed' && hasAddresses) this.#withAddresses.add(entry.uid);
    return result;
  }

  #forget(key: string, entry: StatusEntry): void {
    this.#withAddresses.delete(entry.uid);
    if (this.#entries.get(key)?.uid !== entry.uid) return;
    this.#options.context.commits.lazily({
      key: `pod-status/${key}`,
      apply: () => this.remove(entry.namespace, entry.name),
    });
    this.#options.onPodGone(entry);
  }
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
