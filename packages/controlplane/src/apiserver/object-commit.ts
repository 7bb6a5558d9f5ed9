// The end of a write: what has changed is handed to the store under the revision that it was built on.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Entry } from '../store/types.ts';
import type { ApiContext } from './context.ts';
import { metaOf } from './object-meta.ts';
import { settleEmpty } from './object-rules.ts';
import type { Resource } from './registry/resource.ts';
import { storageKey } from './registry/resource.ts';
import { refuse } from './status-error.ts';
import { encodeStored, headerOf } from './stored-object.ts';
import type { WriteOptions } from './write-options.ts';

export function sameContent(object: KubeObject, old: KubeObject): boolean {
  return JSON.stringify(sorted(object)) === JSON.stringify(sorted(old));
}

/** Fields in the order of their names, so that two spellings of one object compare equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([field, content]) => [field, sorted(content)]),
  );
}

/** An object whose deletion waited for its last finalizer goes with that finalizer. */
export function isReadyToGo(object: KubeObject, old: KubeObject): boolean {
  const meta = metaOf(object);
  if (!meta.deletionTimestamp || (meta.finalizers?.length ?? 0) > 0) return false;
  return (meta.deletionGracePeriodSeconds ?? 0) === 0 && (old.metadata?.finalizers?.length ?? 0) > 0;
}

export async function removeFinished(
  context: ApiContext,
  { resource, object, entry }: { resource: Resource; object: KubeObject; entry: Entry },
  options: WriteOptions,
): Promise<Entry> {
  const last: Entry = { ...entry, value: encodeStored(resource.conversion?.toStorage(object) ?? object) };
  if (options.dryRun) return last;
  const result = await context.store.write({
    collection: resource.collection,
    key: entry.key,
    expectedRevision: entry.revision,
    build: () => undefined,
  });
  if (result.kind === 'conflict')
    throw refuse.conflict(resource, metaOf(object).name ?? '', 'it changed meanwhile');
  context.admission.deleted(context, resource, object);
  return last;
}

export interface Stored {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly namespace: string;
  readonly name: string;
  readonly old: Entry | undefined;
}

export async function storeObject(context: ApiContext, write: Stored, options: WriteOptions): Promise<Entry> {
  const { resource, object, old } = write;
  settleEmpty(context.schemas, resource, object);
  const key = storageKey(write.namespace, write.name);
  const content = resource.conversion ? resource.conversion.toStorage(object) : object;
  const header = headerOf(resource, content);
  const current = context.store.latest(resource.collection, key);
  if (!old && current) throw refuse.alreadyExists(resource, write.name);
  if (options.dryRun) {
    const value = encodeStored(content);
    return { key, revision: old?.revision ?? 0, header, value, size: value.length };
  }
  const result = await context.store.write({
    collection: resource.collection,
    key,
    expectedRevision: old?.revision ?? 0,
    build: (revision) => {
      metaOf(content).resourceVersion = String(revision);
      return { header, value: encodeStored(content) };
    },
  });
  if (result.kind === 'written' && result.entry) return result.entry;
  throw refuse.conflict(
    resource,
    write.name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}
