// What our programs ask of a Kubernetes API: the verbs of its REST interface, typed, with Status errors as faults.

import type { KubeList, KubeObject, ResourceType, Stored } from '@selvedge/kubernetes';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export interface ObjectReference {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
  /** Only the objects' metadata travels (PartialObjectMetadata). */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
}

export interface WriteOptions {
  /** `status`, `scale`, `binding`, `eviction`, `token` … */
  readonly subresource?: string;
  readonly fieldManager?: string;
  readonly force?: boolean;
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly signal?: AbortSignal;
}

export type WatchEvent<T = KubeObject> =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: Stored<T> }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

export interface WatchOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion: string;
  /** Only the objects' metadata travels (PartialObjectMetadata). */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
}

/**
 * A Kubernetes REST client. Every verb rejects with an `ApiFault` that carries the server's Status (its `reason` is what
 * callers test), or a `Fault` `client/unreachable` (retryable) when there was no answer.
 */
export interface KubeClient {
  get<T extends KubeObject>(reference: ObjectReference, signal?: AbortSignal): Promise<Stored<T>>;
  list<T extends KubeObject>(type: ResourceType, options?: ListOptions): Promise<KubeList<Stored<T>>>;
  create<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options?: WriteOptions & { name?: string },
  ): Promise<Stored<T>>;
  update<T extends KubeObject>(type: ResourceType, object: T, options?: WriteOptions): Promise<Stored<T>>;
  patch<T extends KubeObject>(
    reference: ObjectReference,
    patchType: PatchType,
    patch: unknown,
    options?: WriteOptions,
  ): Promise<Stored<T>>;
  delete(reference: ObjectReference, options?: DeleteOptions): Promise<void>;
  /** Yields events until the signal aborts or the server ends the watch; a 410 ends it with ApiFault reason `Expired`. */
  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  /** A plain request for what has no verb above (`/version`, discovery). */
  raw(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown>;
}
