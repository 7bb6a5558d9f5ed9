// Service accounts' tokens for pods: kept in the store, so that pods start without a cloud, and renewed late in their lives.

import { createHash } from 'node:crypto';
import { Fault, isFault } from '@selvedge/base';
import type { KubeObject, Stored, TokenRequest } from '@selvedge/kubernetes';
import { readAnswer } from './cloud-answer.ts';
import { parseStored, type Statement } from './database.ts';
import type { MetaContext } from './meta-context.ts';
import type { Reporter } from './uplink.ts';

interface TokenEntry {
  readonly key: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly issuedAtMs: number;
  readonly request: TokenRequest;
  readonly content: TokenRequest;
}

interface TokenRow {
  readonly key: string;
  readonly pod_uid: string;
  readonly namespace: string;
  readonly service_account: string;
  readonly issued_at: number;
  readonly request: string;
  readonly content: string;
}

/** As a kubelet: a new token at four fifths of the old one's life, or after a day; a fleet spreads itself by jitter. */
const refreshShare = 0.8;
const refreshJitter = 0.1;
const maxAgeMs = 24 * 60 * 60_000;
const retryMs = 30_000;

export class ServiceAccountTokens implements Reporter {
  readonly name = 'token';
  readonly #context: MetaContext;
  readonly #touch: (key: string, delayMs?: number) => void;
  readonly #entries = new Map<string, TokenEntry>();
  readonly #fetches = new Map<string, Promise<TokenRequest>>();
  readonly #upsert: Statement<never>;
  readonly #deleteOfPod: Statement<never>;

  constructor(context: MetaContext, touch: (key: string) => void) {
    this.#context = context;
    this.#touch = touch;
    const { database } = context;
    this.#upsert = database.prepare('INSERT OR REPLACE INTO token VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#deleteOfPod = database.prepare('DELETE FROM token WHERE pod_uid = ?');
    for (const row of database.prepare<TokenRow>('SELECT * FROM token').all())
      this.#entries.set(row.key, entryOf(row));
    for (const { podUid } of [...this.#entries.values()]) if (this.#isPodGone(podUid)) this.#forget(podUid);
  }

  async get(namespace: string, serviceAccount: string, request: TokenRequest): Promise<TokenRequest> {
    const key = keyOf(namespace, serviceAccount, request);
    const held = this.#entries.get(key);
    if (held && (this.#context.clock.now() < this.#dueMs(held) || !this.#context.requests.link))
      return held.content;
    try {
      return await this.#fetchOnce(key, { namespace, serviceAccount, request });
    } catch (error) {
      // A token that is still good, or at least there, lets the pod start; it is renewed as soon as the cloud can.
      if (held && isFault(error) && error.code !== 'metamanager/not-found') return held.content;
      throw error;
    }
  }

  /** Forgets a pod's tokens within the caller's transaction. */
  removeOfPod(podUid: string): () => void {
    this.#deleteOfPod.run(podUid);
    return () => {
      for (const [key, entry] of this.#entries) if (entry.podUid === podUid) this.#entries.delete(key);
    };
  }

  pending(): Iterable<string> {
    return [...this.#entries.keys()];
  }

  /** Renews a token when it is due, so that pods get it without asking. */
  async report(key: string): Promise<number | undefined> {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const waitMs = this.#dueMs(entry) - this.#context.clock.now();
    if (waitMs > 0) return waitMs;
    if (this.#isPodGone(entry.podUid)) {
      this.#forget(entry.podUid);
      return undefined;
    }
    const { namespace, serviceAccount, request } = entry;
    await this.#fetchOnce(key, { namespace, serviceAccount, request });
    return retryMs;
  }

  #isPodGone(podUid: string): boolean {
    return podUid !== '' && !this.#context.objects.entries('pod').some(({ uid }) => uid === podUid);
  }

  #forget(podUid: string): void {
    this.#context.commits.lazily({ apply: () => this.removeOfPod(podUid) });
  }

  #fetchOnce(
    key: string,
    wanted: Pick<TokenEntry, 'namespace' | 'serviceAccount' | 'request'>,
  ): Promise<TokenRequest> {
    let fetch = this.#fetches.get(key);
    if (!fetch) {
      fetch = this.#fetch(key, wanted).finally(() => this.#fetches.delete(key));
      this.#fetches.set(key, fetch);
    }
    return fetch;
  }

  async #fetch(
    key: string,
    wanted: Pick<TokenEntry, 'namespace' | 'serviceAccount' | 'request'>,
  ): Promise<TokenRequest> {
    const resource = `${wanted.namespace}/serviceaccounttoken/${wanted.serviceAccount}`;
    const answer = readAnswer(
      await this.#context.requests.ask({ operation: 'query', resource, content: wanted.request }),
    );
    if (answer.kind === 'object') {
      const content = answer.object as TokenRequest & KubeObject;
      if (content.status?.token) return this.#keep(key, wanted, content);
    }
    const { reason, message } =
      answer.kind === 'failed' ? answer.status : { reason: '', message: 'the answer holds no token' };
    if (reason === 'NotFound') throw new Fault('metamanager/not-found', message, { retryable: true });
    throw new Fault('metamanager/refused', `the cloud refused a token for ${resource}: ${message}`, {
      retryable: true,
    });
  }

  #keep(
    key: string,
    wanted: Pick<TokenEntry, 'namespace' | 'serviceAccount' | 'request'>,
    content: TokenRequest,
  ): TokenRequest {
    const entry: TokenEntry = {
      ...wanted,
      key,
      podUid: wanted.request.spec.boundObjectRef?.uid ?? '',
      issuedAtMs: this.#context.clock.now(),
      content,
    };
    // The pod may have gone while the cloud was asked: nobody would ever take the token away again.
    if (this.#isPodGone(entry.podUid)) return content;
    this.#entries.set(key, entry);
    this.#context.commits.soon({
      key: `token/${key}`,
      apply: () => {
        if (this.#entries.get(key) === entry) this.#write(entry);
        return undefined;
      },
    });
    this.#context.changes.emit({
      type: 'serviceaccounttoken',
      namespace: wanted.namespace,
      name: wanted.serviceAccount,
      object: content as TokenRequest & Stored<KubeObject>,
    });
    this.#touch(key);
    return content;
  }

  #write(entry: TokenEntry): void {
    this.#upsert.run(
      entry.key,
      entry.podUid,
      entry.namespace,
      entry.serviceAccount,
      entry.issuedAtMs,
      JSON.stringify(entry.request),
      JSON.stringify(entry.content),
    );
  }

  #dueMs({ key, issuedAtMs, content }: TokenEntry): number {
    const lifeMs = Date.parse(String(content.status?.expirationTimestamp ?? '')) - issuedAtMs;
    if (!(lifeMs > 0)) return issuedAtMs;
    return issuedAtMs + Math.min(lifeMs * (refreshShare - refreshJitter * shareOf(key)), maxAgeMs);
  }
}

/** A constant of the key between 0 and 1: jitter that does not change from one look to the next. */
function shareOf(key: string): number {
  return Number.parseInt(key.slice(0, 8), 16) / 0xffffffff;
}

function keyOf(namespace: string, serviceAccount: string, request: TokenRequest): string {
  const { audiences, expirationSeconds, boundObjectRef } = request.spec;
  const parts = [
    namespace,
    serviceAccount,
    [...(audiences ?? [])].sort(),
    expirationSeconds,
    boundObjectRef?.uid,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function entryOf(row: TokenRow): TokenEntry {
  return {
    key: row.key,
    podUid: row.pod_uid,
    namespace: row.namespace,
    serviceAccount: row.service_account,
    issuedAtMs: row.issued_at,
    request: parseStored<TokenRequest>(row.request),
    content: parseStored<TokenRequest>(row.content),
  };
}
