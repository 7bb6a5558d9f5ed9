// Messages that carry an object to a node, as KubeEdge's EdgeController writes them.

import type { KubeObject, Stored } from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';
import type { ResourceKey } from './pod-references.ts';

export type DownstreamOperation = 'insert' | 'update' | 'delete';

export interface DownstreamOptions {
  readonly operation: DownstreamOperation;
  readonly key: ResourceKey;
  readonly content: unknown;
  readonly resourceVersion?: string;
  readonly nowMs: number;
}

export function downstreamMessage(options: DownstreamOptions): Message {
  const { operation, key, content, resourceVersion, nowMs } = options;
  return {
    header: {
      msg_id: crypto.randomUUID(),
      timestamp: nowMs,
      ...(resourceVersion ? { resourceversion: resourceVersion } : {}),
    },
    route: { source: 'edgecontroller', group: 'resource', operation, resource: key },
    content,
  };
}

/** What stands for an object that is gone: its name, and its uid where it is known. */
export function deletionStub(key: ResourceKey, uid: string): unknown {
  const [namespace, , name] = key.split('/');
  return {
    metadata: {
      name,
      ...(namespace && namespace !== 'null' ? { namespace } : {}),
      ...(uid ? { uid } : {}),
    },
  };
}

/** The object without managedFields, which nothing at our edges reads and which are half of a pod. */
export function withoutManagedFields(object: Stored<KubeObject>): Stored<KubeObject> {
  if (!object.metadata.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
