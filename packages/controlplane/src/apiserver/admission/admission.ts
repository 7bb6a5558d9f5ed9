// The admission chain: plugins that may change an object on its way in, then plugins that may refuse it.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import { metaOf } from '../object-meta.ts';
import type { Resource } from '../registry/resource.ts';
import { refuse } from '../status-error.ts';
import type { WriteOptions } from '../write-options.ts';

/** What plugins may look at beside the object. */
export interface AdmissionContext {
  readonly store: Store;
}

export interface AdmissionRequest {
  readonly context: AdmissionContext;
  readonly resource: Resource;
  readonly namespace: string;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly options: WriteOptions;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
}

export interface AdmissionPlugin {
  readonly name: string;
  mutate?(request: AdmissionRequest): void;
  validate?(request: AdmissionRequest): void;
  /** Takes what the object claims of a shared good (addresses, ports); the result gives it back. */
  allocate?(request: AdmissionRequest): (() => void) | undefined;
  /** The object is gone: what it held is free. */
  deleted?(context: AdmissionContext, resource: Resource, object: KubeObject): void;
}

/** Refuses the request for its object: a 403 that names it. */
export function deny({ resource, object }: AdmissionRequest, why: string): never {
  throw refuse.forbidden(resource, metaOf(object).name ?? '', why);
}

export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins;
  }

  mutate(request: AdmissionRequest): void {
    for (const plugin of this.#plugins) plugin.mutate?.(request);
  }

  validate(request: AdmissionRequest): void {
    for (const plugin of this.#plugins) plugin.validate?.(request);
  }

  allocate(request: AdmissionRequest): () => void {
    const undo: Array<() => void> = [];
    try {
      for (const plugin of this.#plugins) {
        const one = plugin.allocate?.(request);
        if (one) undo.push(one);
      }
    } catch (error) {
      for (const one of undo) one();
      throw error;
    }
    return () => {
      for (const one of undo.splice(0)) one();
    };
  }

  deleted(context: AdmissionContext, resource: Resource, object: KubeObject): void {
    for (const plugin of this.#plugins) plugin.deleted?.(context, resource, object);
  }
}
