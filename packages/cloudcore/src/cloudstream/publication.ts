// Tells the API server where this replica's stream server is: one key in ConfigMap kubeedge/cloudcore-streams, there while we
// are, and taken away by the other replicas when it was not renewed.

import { type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type ConfigMap, type KubeObject, resources, type Stored } from '@selvedge/kubernetes';

export interface StreamPublicationOptions {
  readonly client: KubeClient;
  /** Unique among cloudcore's replicas, and a valid ConfigMap key. */
  readonly replica: string;
  readonly url: string;
  /** PEM: who signed the stream server's certificate. */
  readonly ca: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly renewIntervalMs?: number;
}

type ConfigMapObject = ConfigMap & KubeObject;

const reference = { type: resources.configmaps, namespace: 'kubeedge', name: 'cloudcore-streams' };
const defaultRenewIntervalMs = 30_000;
/** Several renewals that did not come: the replica was killed, or can not reach the API server either. */
const missedRenewals = 5;
const retryMs = 1_000;

/** Keeps the key renewed until the signal aborts, then takes it away. */
export async function publishStreamServer(
  options: StreamPublicationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, logger, replica } = options;
  const intervalMs = options.renewIntervalMs ?? defaultRenewIntervalMs;
  const watched = new Renewals(intervalMs * missedRenewals);
  while (!signal.aborted) {
    let waitMs = intervalMs;
    try {
      await renew(options, watched);
    } catch (error) {
      logger.warn('stream server not published, trying again', { error: describeError(error) });
      waitMs = retryMs;
    }
    await sleep(clock, waitMs, signal);
  }
  try {
    await client.patch<ConfigMapObject>(reference, 'merge', { data: { [replica]: null } });
  } catch (error) {
    logger.debug('stream server not withdrawn', { error: describeError(error) });
  }
}

async function renew(options: StreamPublicationOptions, watched: Renewals): Promise<void> {
  const { client, clock, logger, replica } = options;
  const value = JSON.stringify({
    url: options.url,
    caBundle: Buffer.from(options.ca).toString('base64'),
    renewTime: new Date(clock.now()).toISOString(),
  });
  const present = await read(client);
  if (!present) {
    await client.create<ConfigMapObject>(resources.configmaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: reference.name, namespace: reference.namespace },
      data: { [replica]: value },
    });
    return;
  }
  const { [replica]: _, ...others } = present.data ?? {};
  const gone = watched.stopped(others, clock.monotonic());
  if (gone.length > 0)
    logger.info('stream servers of replicas that are gone removed', { replicas: gone.join() });
  const removed = Object.fromEntries(gone.map((key) => [key, null]));
  // A replica that came back between our look and this write keeps its key.
  const { resourceVersion } = present.metadata;
  const unchanged = gone.length > 0 ? { metadata: { resourceVersion } } : {};
  await client.patch<ConfigMapObject>(reference, 'merge', {
    ...unchanged,
    data: { ...removed, [replica]: value },
  });
}

async function read(client: KubeClient): Promise<Stored<ConfigMapObject> | undefined> {
  try {
    return await client.get<ConfigMapObject>(reference);
  } catch (error) {
    if (isApiFault(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** When each of the others' keys was last seen to change, by our own clock: theirs may be wrong. */
class Renewals {
  readonly #maxAgeMs: number;
  readonly #seen = new Map<string, { readonly value: string; readonly atMs: number }>();

  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  /** The keys that stopped being renewed. One that never says when it was is somebody else's. */
  stopped(keys: Readonly<Record<string, string>>, nowMs: number): string[] {
    for (const key of this.#seen.keys()) if (!(key in keys)) this.#seen.delete(key);
    return Object.entries(keys)
      .filter(([key, value]) => {
        const seen = this.#seen.get(key);
        if (seen?.value === value) return nowMs - seen.atMs >= this.#maxAgeMs && isRenewed(value);
        this.#seen.set(key, { value, atMs: nowMs });
        return false;
      })
      .map(([key]) => key);
  }
}

function isRenewed(value: string): boolean {
  try {
    return typeof (JSON.parse(value) as { renewTime?: unknown } | null)?.renewTime === 'string';
  } catch {
    return false;
  }
}
