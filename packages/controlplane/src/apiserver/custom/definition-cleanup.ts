// What the deletion of a CustomResourceDefinition waits for: all objects of its kind are deleted, then its finalizer goes.

import type { KubeObject } from '@selvedge/kubernetes';
import type { ApiContext } from '../context.ts';
import { metaOf } from '../object-meta.ts';
import { removeObject } from '../object-remover.ts';
import { updateObject } from '../object-writer.ts';
import { cleanupFinalizer } from '../registry/custom-resource-definitions.ts';
import type { Resource } from '../registry/resource.ts';
import { StatusError } from '../status-error.ts';
import type { WriteOptions } from '../write-options.ts';

export interface DefinitionCleanup {
  readonly context: ApiContext;
  readonly definitions: Resource;
  /** Any served version of the kind; undefined where none is. */
  readonly kind: Resource | undefined;
  /** Of the definition. */
  readonly name: string;
  readonly options: WriteOptions;
}

/** Deletes all objects of the kind. Those with finalizers stay for now: to be called again when one has gone. */
export async function cleanUpDefinition({
  context,
  definitions,
  kind,
  name,
  options,
}: DefinitionCleanup): Promise<void> {
  if (kind) {
    await removeAll(context, kind, options);
    if (!isEmpty(context, kind)) return;
  }
  const change = (old: KubeObject | undefined): KubeObject => {
    const object = old as KubeObject;
    const meta = metaOf(object);
    meta.finalizers = (meta.finalizers ?? []).filter((one) => one !== cleanupFinalizer);
    return object;
  };
  await unlessGone(updateObject(context, { resource: definitions, namespace: '', name, change }, options));
}

/** Gone already is what is wanted: of a definition whose last objects went together, or of an object. */
async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 404)) throw error;
  }
}

async function removeAll(context: ApiContext, kind: Resource, options: WriteOptions): Promise<void> {
  const listed = context.store.collection(kind.collection).list({ prefix: '' });
  if (listed.kind !== 'entries') return;
  const removals = Array.from(listed.entries, ({ key }) => {
    const [namespace = '', name = ''] = key.includes('/') ? key.split('/') : ['', key];
    const request = { resource: kind, namespace, name };
    return unlessGone(removeObject(context, request, { ...options, deletion: { dryRun: false } }));
  });
  await Promise.all(removals);
}

function isEmpty(context: ApiContext, kind: Resource): boolean {
  const listed = context.store.collection(kind.collection).list({ prefix: '' });
  return listed.kind === 'entries' && [...listed.entries].length === 0;
}
