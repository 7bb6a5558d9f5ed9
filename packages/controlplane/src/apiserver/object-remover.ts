// Deletes objects as Kubernetes does: preconditions, then grace, then finalizers, and only then the object itself.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Entry } from '../store/types.ts';
import type { ApiContext } from './context.ts';
import type { DeleteOptions } from './delete-options.ts';
import { metaOf, timestamp } from './object-meta.ts';
import { type Resource, storageKey } from './registry/resource.ts';
import { refuse } from './status-error.ts';
import { decodeStored, encodeStored, headerOf } from './stored-object.ts';
import type { WriteOptions } from './write-options.ts';

export type Removal =
  | { readonly kind: 'deleted'; readonly object: KubeObject }
  /** It stays until its grace is over or its finalizers are gone. */
  | { readonly kind: 'marked'; readonly entry: Entry };

export interface RemoveRequest {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
}

export async function removeObject(
  context: ApiContext,
  { resource, namespace, name }: RemoveRequest,
  options: WriteOptions & { readonly deletion: DeleteOptions },
): Promise<Removal> {
  const key = storageKey(namespace, name);
  const entry = context.store.latest(resource.collection, key);
  if (!entry) throw refuse.notFound(resource, name);
  const object = decodeStored(resource, entry);
  checkPreconditions(resource, object, options.deletion);
  context.admission.validate({
    context,
    resource,
    namespace,
    object,
    old: object,
    options,
    operation: 'DELETE',
  });
  const marked = mark(context, resource, object, options.deletion);
  if (marked === 'unchanged') {
    await context.store.durable(entry.revision);
    return { kind: 'marked', entry };
  }
  if (marked === 'finished') {
    if (!options.dryRun) {
      const result = await context.store.write({
        collection: resource.collection,
        key,
        expectedRevision: entry.revision,
        build: () => undefined,
      });
      if (result.kind === 'conflict') throw refuse.notFound(resource, name);
      context.admission.deleted(context, resource, object);
    }
    return { kind: 'deleted', object };
  }
  return {
    kind: 'marked',
    entry: options.dryRun ? preview(resource, entry, object) : await save(context, resource, entry, object),
  };
}

function preview(resource: Resource, entry: Entry, object: KubeObject): Entry {
  return { ...entry, value: encodeStored(resource.conversion?.toStorage(object) ?? object) };
}

async function save(
  context: ApiContext,
  resource: Resource,
  entry: Entry,
  object: KubeObject,
): Promise<Entry> {
  const content = resource.conversion?.toStorage(object) ?? object;
  const result = await context.store.write({
    collection: resource.collection,
    key: entry.key,
    expectedRevision: entry.revision,
    build: (revision) => {
      metaOf(content).resourceVersion = String(revision);
      return { header: headerOf(resource, content), value: encodeStored(content) };
    },
  });
  if (result.kind === 'written' && result.entry) return result.entry;
  throw refuse.conflict(resource, metaOf(object).name ?? '', 'it changed meanwhile; please try again');
}

function checkPreconditions(resource: Resource, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion, name = '' } = metaOf(object);
  const conflict = (why: string) => refuse.conflict({ group: '', resource: resource.kind }, name, why);
  const retried = 'The object might have been deleted and then recreated';
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid})`;
    throw conflict(`${why}. ${retried}`);
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const given = preconditions.resourceVersion;
    const why = `the ResourceVersion in the precondition (${given}) does not match the ResourceVersion in record (${resourceVersion})`;
    throw conflict(`${why}. The object might have been modified`);
  }
}

type Marking = 'changed' | 'unchanged' | 'finished';

/** Writes into the object what its deletion leaves on it; tells what has to happen with it. */
function mark(context: ApiContext, resource: Resource, object: KubeObject, deletion: DeleteOptions): Marking {
  const meta = metaOf(object);
  const finalizersChanged = settleFinalizers(resource, object, deletion);
  const grace = graceOf(resource, object, deletion);
  const waiting = (meta.finalizers?.length ?? 0) > 0 || isHeldByNamespace(resource, object);
  if (meta.deletionTimestamp) {
    const before = meta.deletionGracePeriodSeconds ?? 0;
    if (grace === 0 && !waiting) return 'finished';
    if (grace >= before) return finalizersChanged ? 'changed' : 'unchanged';
    meta.deletionTimestamp = timestamp(Date.parse(String(meta.deletionTimestamp)) - (before - grace) * 1000);
    meta.deletionGracePeriodSeconds = grace;
    return 'changed';
  }
  if (grace === 0 && !waiting && !resource.strategy.gracePeriodSeconds) return 'finished';
  meta.deletionTimestamp = timestamp(context.clock.now() + grace * 1000);
  meta.deletionGracePeriodSeconds = grace;
  if (grace === 0 && !waiting) return 'finished';
  const { markDeleted } = resource.strategy;
  if (markDeleted) {
    markDeleted(object, context.clock.now());
    delete meta.deletionGracePeriodSeconds;
  } else if (meta.generation) meta.generation++;
  return 'changed';
}

function graceOf(resource: Resource, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  return resource.strategy.gracePeriodSeconds?.(object, gracePeriodSeconds) ?? 0;
}

/** A namespace is also held by `spec.finalizers`: its contents go first. */
function isHeldByNamespace(resource: Resource, object: KubeObject): boolean {
  if (resource.group !== '' || resource.resource !== 'namespaces') return false;
  return ((object.spec as { finalizers?: string[] } | undefined)?.finalizers?.length ?? 0) > 0;
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** The propagation asked for stands on the object as a finalizer that the garbage collector works off. */
function settleFinalizers(resource: Resource, object: KubeObject, deletion: DeleteOptions): boolean {
  const meta = metaOf(object);
  const before = meta.finalizers ?? [];
  const policy =
    deletion.propagationPolicy ??
    (deletion.orphanDependents === undefined
      ? undefined
      : deletion.orphanDependents
        ? 'Orphan'
        : 'Background') ??
    (before.includes(orphan) ? 'Orphan' : before.includes(foreground) ? 'Foreground' : undefined) ??
    resource.strategy.defaultPropagation ??
    'Background';
  const after = before.filter((name) => name !== orphan && name !== foreground);
  if (policy === 'Orphan') after.push(orphan);
  if (policy === 'Foreground') after.push(foreground);
  const { deletionFinalizer } = resource.strategy;
  if (deletionFinalizer && !meta.deletionTimestamp && !after.includes(deletionFinalizer))
    after.push(deletionFinalizer);
  if (after.length === before.length && after.every((name) => before.includes(name))) return false;
  if (after.length > 0) meta.finalizers = after;
  else delete meta.finalizers;
  return true;
}
