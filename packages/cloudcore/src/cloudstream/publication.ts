// Tells the API server where this replica's stream server is: one key in ConfigMap kubeedge/cloudcore-streams, there while we are.

import { type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type ConfigMap, type KubeObject, resources } from '@selvedge/kubernetes';

export interface StreamPublicationOptions {
  readonly client: KubeClient;
  /** Unique among cloudcore's replicas, and a valid ConfigMap key. */
  readonly replica: string;
  readonly url: string;
  /** PEM: who signed the stream server's certificate. */
  readonly ca: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly checkIntervalMs?: number;
}

type ConfigMapObject = ConfigMap & KubeObject;

const reference = { type: resources.configmaps, namespace: 'kubeedge', name: 'cloudcore-streams' };
const defaultCheckIntervalMs = 30_000;
const retryMs = 1_000;

/** Keeps the key right until the signal aborts, then takes it away. */
export async function publishStreamServer(
  options: StreamPublicationOptions,
  signal: AbortSignal,
): Promise<void> {
  const { client, clock, logger, replica } = options;
  const value = JSON.stringify({ url: options.url, caBundle: Buffer.from(options.ca).toString('base64') });
  while (!signal.aborted) {
    let waitMs = options.checkIntervalMs ?? defaultCheckIntervalMs;
    try {
      await ensure(client, replica, value);
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

async function ensure(client: KubeClient, replica: string, value: string): Promise<void> {
  const data = { [replica]: value };
  try {
    const present = await client.get<ConfigMapObject>(reference);
    if (present.data?.[replica] !== value) await client.patch<ConfigMapObject>(reference, 'merge', { data });
  } catch (error) {
    if (!isApiFault(error, 'NotFound')) throw error;
    const { name, namespace } = reference;
    await client.create<ConfigMapObject>(resources.configmaps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data,
    });
  }
}
