// Follows one resource type: keeps a compact record of each object, and hands the object itself on once, with its change.

import type { Clock, Logger } from '@selvedge/base';
import { createRecordInformer, type Informer, type KubeClient } from '@selvedge/client';
import type { KubeObject, ResourceType, Stored } from '@selvedge/kubernetes';
import type { ObjectVersion } from './node-index.ts';

export interface Change<Raw, Kept extends ObjectVersion> {
  readonly kind: 'added' | 'modified' | 'deleted';
  /** `namespace/name`, or the name alone. */
  readonly key: string;
  readonly record: Kept;
  readonly before: Kept | undefined;
  /** The object that caused the change; absent when its deletion was only noticed by its absence. */
  readonly object: Stored<Raw> | undefined;
}

export interface FollowOptions<Raw extends KubeObject, Kept extends ObjectVersion> {
  readonly client: KubeClient;
  readonly type: ResourceType;
  readonly record: (object: Stored<Raw>) => Kept;
  readonly changed: (change: Change<Raw, Kept>) => void;
  readonly labelSelector?: string;
  readonly indexers?: Readonly<Record<string, (record: Kept) => readonly string[]>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * An informer whose followers see each object once and keep only its record: contents of Secrets and the bulk of pods
 * pass through and are not held.
 */
export function followResource<Raw extends KubeObject, Kept extends ObjectVersion>(
  options: FollowOptions<Raw, Kept>,
): Informer<Kept> {
  const { client, type, record, changed, labelSelector, indexers, clock, logger } = options;
  let passing: Stored<Raw> | undefined;
  const informer = createRecordInformer<Raw, Kept>({
    client,
    type,
    clock,
    logger,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(indexers ? { indexers } : {}),
    resourceVersionOf: (kept) => kept.resourceVersion,
    transform(object) {
      passing = object;
      return record(object);
    },
  });
  const tell = (kind: Change<Raw, Kept>['kind'], key: string, kept: Kept, before?: Kept) => {
    const object = passing?.metadata.uid === kept.uid ? passing : undefined;
    passing = undefined;
    changed({ kind, key, record: kept, before, object });
  };
  informer.subscribe({
    added: (kept, key) => tell('added', key, kept),
    modified: (kept, before, key) => tell('modified', key, kept, before),
    deleted: (kept, key) => tell('deleted', key, kept, kept),
  });
  return informer;
}
