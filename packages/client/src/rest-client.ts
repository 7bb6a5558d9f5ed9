// The Kubernetes REST client: each verb as one HTTPS request, errors as faults, watches as streams.

import { type Clock, systemClock } from '@selvedge/base';
import {
  apiVersionOf,
  type KubeList,
  type KubeObject,
  type ResourceType,
  type Stored,
} from '@selvedge/kubernetes';
import { apiFaultOf } from './api-fault.ts';
import { parseBody } from './json.ts';
import type {
  DeleteOptions,
  KubeClient,
  ListOptions,
  ObjectReference,
  PatchType,
  WatchOptions,
  WriteOptions,
} from './kube-client.ts';
import { queryString, resourcePath } from './resource-path.ts';
import { type HttpAnswer, type HttpRequest, Transport, type TransportOptions } from './transport.ts';
import { type WatchLimits, watchStream } from './watch-stream.ts';

export const clientDefaults = {
  userAgent: 'selvedge',
  maxConnections: 32,
  maxWaiting: 100_000,
  idleTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  maxResponseBytes: 256 * 1024 * 1024,
  maxRetries: 10,
  maxEventBytes: 16 * 1024 * 1024,
  maxBufferedEvents: 4_096,
  maxWatchSilenceMs: 150_000,
} as const;

export type KubeClientOptions = Pick<
  TransportOptions,
  'server' | 'serverName' | 'ca' | 'cert' | 'key' | 'token'
> &
  Partial<Record<Exclude<keyof typeof clientDefaults, 'userAgent'>, number>> & {
    readonly userAgent?: string;
    readonly clock?: Clock;
    readonly random?: () => number;
  };

const contentTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};
const jsonType = 'application/json';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const partialObject = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** A client of one API server; disposing of it ends its connections and fails what is still under way. */
export function createKubeClient(options: KubeClientOptions): KubeClient & AsyncDisposable {
  return new RestClient(options);
}

class RestClient implements KubeClient, AsyncDisposable {
  readonly #transport: Transport;
  readonly #watchLimits: WatchLimits;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(given: KubeClientOptions) {
    const options = { ...clientDefaults, clock: systemClock, random: Math.random, ...given };
    this.#transport = new Transport(options);
    this.#watchLimits = {
      maxEventBytes: options.maxEventBytes,
      maxBuffered: options.maxBufferedEvents,
      maxSilenceMs: options.maxWatchSilenceMs,
    };
    this.#clock = options.clock;
    this.#random = options.random;
  }

  async get<T extends KubeObject>(reference: ObjectReference, signal?: AbortSignal): Promise<Stored<T>> {
    return this.#json({
      method: 'GET',
      path: resourcePath(reference.type, reference),
      ...withSignal(signal),
    });
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    options: ListOptions = {},
  ): Promise<KubeList<Stored<T>>> {
    const query = queryString({
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit: options.limit,
      continue: options.continueToken,
      resourceVersion: options.resourceVersion,
    });
    const answer = await this.#json<KubeList<Stored<T>>>({
      method: 'GET',
      path: resourcePath(type, pick(options.namespace)) + query,
      ...(options.metadataOnly ? { accept: partialList } : {}),
      ...withSignal(options.signal),
    });
    // Go writes an absent list as null.
    answer.items ??= [];
    return answer;
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions & { name?: string } = {},
  ): Promise<Stored<T>> {
    const namespace = object.metadata?.namespace;
    const { name, subresource } = options;
    const path = resourcePath(type, {
      ...pick(namespace),
      ...pickName(name),
      ...pickSubresource(subresource),
    });
    return this.#write('POST', path, subresource === undefined ? typed(type, object) : object, options);
  }

  async update<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const { namespace, name = '' } = object.metadata ?? {};
    const path = resourcePath(type, { ...pick(namespace), name, ...pickSubresource(options.subresource) });
    return this.#write('PUT', path, typed(type, object), options);
  }

  async patch<T extends KubeObject>(
    reference: ObjectReference,
    patchType: PatchType,
    patch: unknown,
    options: WriteOptions = {},
  ): Promise<Stored<T>> {
    const path = resourcePath(reference.type, { ...reference, ...pickSubresource(options.subresource) });
    return this.#write('PATCH', path, patch, options, contentTypes[patchType]);
  }

  async delete(reference: ObjectReference, options: DeleteOptions = {}): Promise<void> {
    const { signal, ...body } = options;
    const answer = await this.#transport.send({
      method: 'DELETE',
      path: resourcePath(reference.type, reference),
      contentType: jsonType,
      body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...body }),
      ...withSignal(signal),
    });
    accepted(answer);
  }

  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions) {
    const query = queryString({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      // Watches end after five to ten minutes, not all at once, so that load spreads over the API server's replicas.
      timeoutSeconds: Math.round(300 + 300 * this.#random()),
    });
    return watchStream<T>({
      transport: this.#transport,
      limits: this.#watchLimits,
      clock: this.#clock,
      request: {
        method: 'GET',
        path: resourcePath(type, pick(options.namespace)) + query,
        signal: options.signal,
        ...(options.metadataOnly ? { accept: partialObject } : {}),
      },
    });
  }

  async raw(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    const answer = accepted(
      await this.#transport.send({
        method,
        path,
        accept: 'application/json, */*',
        ...(body === undefined ? {} : { contentType: jsonType, body: JSON.stringify(body) }),
        ...withSignal(signal),
      }),
    );
    return answer.headers.get('content-type')?.startsWith(jsonType) ? parseBody(answer.body) : answer.body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  #write<T>(
    method: string,
    path: string,
    body: unknown,
    options: WriteOptions,
    contentType: string = jsonType,
  ): Promise<T> {
    const query = queryString({ fieldManager: options.fieldManager, force: options.force });
    return this.#json({
      method,
      path: path + query,
      contentType,
      body: JSON.stringify(body),
      ...withSignal(options.signal),
    });
  }

  async #json<T>(request: HttpRequest): Promise<T> {
    const answer = accepted(await this.#transport.send(request));
    return parseBody(answer.body) as T;
  }
}

function accepted(answer: HttpAnswer): HttpAnswer {
  if (answer.statusCode < 200 || answer.statusCode > 299) throw apiFaultOf(answer.statusCode, answer.body);
  return answer;
}

function typed<T extends KubeObject>(type: ResourceType, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { apiVersion: apiVersionOf(type), kind: type.kind, ...object };
}

const withSignal = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
const pick = (namespace: string | undefined) => (namespace === undefined ? {} : { namespace });
const pickName = (name: string | undefined) => (name === undefined ? {} : { name });
const pickSubresource = (subresource: string | undefined) =>
  subresource === undefined ? {} : { subresource };
