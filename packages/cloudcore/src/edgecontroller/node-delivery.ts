// What a session does with changes of the objects that its node should have; one implementation per kind of edge.

import type { KubeObject, Stored } from '@selvedge/kubernetes';
import type { ObjectVersion, ReferenceChange } from './node-index.ts';
import type { ResourceKey } from './pod-references.ts';

export interface ObjectUpdate {
  readonly key: ResourceKey;
  readonly version: ObjectVersion;
  /** The version before, when the change was seen; absent for an object that is new here. */
  readonly before: ObjectVersion | undefined;
  readonly object: Stored<KubeObject> | undefined;
}

/** Methods return at once: what they start ends with the session. */
export interface NodeDelivery {
  updated(update: ObjectUpdate): void;
  /** A pod that the node should have, with the objects that it needs there and had not before. */
  podUpdated(update: ObjectUpdate, references: ReferenceChange): void;
  deleted(key: ResourceKey, last: ObjectVersion, object: Stored<KubeObject> | undefined): void;
  /** No pod of the node refers to these any more. */
  unreferenced(keys: readonly ResourceKey[]): void;
}
