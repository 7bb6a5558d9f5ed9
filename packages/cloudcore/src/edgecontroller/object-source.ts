// Gets the objects that are to be delivered: their contents are not kept in memory, but what many nodes ask for at once is read once.

import { Backoff, type Clock, describeError, type Logger, Slots, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import type { ResourceKey } from './pod-references.ts';
import { parseWireResource, wireTypes, withType } from './resource-types.ts';

export interface ObjectSourceOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many reads may be under way at once; more wait in line. */
  readonly maxReads?: number;
}

const defaultMaxReads = 64;
const retry = { initialMs: 200, maxMs: 10_000 };

export class ObjectSource {
  readonly #options: ObjectSourceOptions;
  readonly #reading = new Map<ResourceKey, Promise<Stored<KubeObject> | undefined>>();
  readonly #reads: Slots;

  constructor(options: ObjectSourceOptions) {
    this.#options = options;
    this.#reads = new Slots(options.maxReads ?? defaultMaxReads);
  }

  /** The object as it is now, or undefined when there is none; asks again until the API answers or the signal aborts. */
  async get(key: ResourceKey, signal: AbortSignal): Promise<Stored<KubeObject> | undefined> {
    const backoff = new Backoff(retry);
    while (!signal.aborted) {
      try {
        return await this.#shared(key);
      } catch (error) {
        const { logger, clock } = this.#options;
        logger.warn('object could not be read, trying again', { key, error: describeError(error) });
        await sleep(clock, backoff.next(), signal);
      }
    }
    return undefined;
  }

  #shared(key: ResourceKey): Promise<Stored<KubeObject> | undefined> {
    const running = this.#reading.get(key);
    if (running) return running;
    const read = this.#read(key).finally(() => this.#reading.delete(key));
    this.#reading.set(key, read);
    return read;
  }

  async #read(key: ResourceKey): Promise<Stored<KubeObject> | undefined> {
    const resource = parseWireResource(key);
    const type = wireTypes[resource?.type ?? ''];
    if (!resource || !type) return undefined;
    const { name, namespace } = resource;
    const reference = type.namespaced ? { type, namespace, name } : { type, name };
    try {
      return withType(await this.#reads.run(() => this.#options.client.get(reference)), type);
    } catch (error) {
      if (isApiFault(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
