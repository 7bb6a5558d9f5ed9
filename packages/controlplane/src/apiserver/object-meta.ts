// The part of an object that the server owns: names, uid, times and generation, on create and on update.

import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, ObjectMeta } from '@selvedge/kubernetes';
import type { Resource } from './registry/resource.ts';
import { refuse, type StatusCause } from './status-error.ts';

/** Vowels and look-alikes left out, as Kubernetes does: no accidental words. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';
const maxGeneratedBase = 58;

export function generateName(base: string): string {
  let suffix = '';
  for (let at = 0; at < 5; at++) suffix += nameAlphabet[randomInt(nameAlphabet.length)];
  return base.slice(0, maxGeneratedBase) + suffix;
}

export function timestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Metadata while the server works on it: what clients may only read is ours to write. */
export type WritableMeta = {
  -readonly [Field in keyof ObjectMeta]?: Field extends 'creationTimestamp' | 'deletionTimestamp'
    ? string | undefined
    : ObjectMeta[Field];
};

export function metaOf(object: KubeObject): WritableMeta {
  if (typeof object.metadata !== 'object' || object.metadata === null) object.metadata = {};
  return object.metadata as WritableMeta;
}

/** Kubernetes' rule on namespaces: the object may leave it out, but not name another. */
export function settleNamespace(resource: Resource, object: KubeObject, namespace: string): void {
  const meta = metaOf(object);
  if (!resource.namespaced) {
    if (meta.namespace) throw refuse.badRequest('namespace specified on a non-namespaced object');
    delete meta.namespace;
    return;
  }
  if (meta.namespace && meta.namespace !== namespace) {
    throw refuse.badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  meta.namespace = namespace;
}

/** What is sent to an object's path must name that object: a patch of `metadata: null` would else take all of it away. */
export function checkName(object: KubeObject, name: string): void {
  const given = metaOf(object).name ?? '';
  if (given === name) return;
  if (given !== '') throw refuse.otherName(given, name);
  throw refuse.badRequest(
    `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
}

export interface NewMeta {
  readonly nowMs: number;
  readonly uid: string;
}

export function fillNewMeta(resource: Resource, object: KubeObject, { nowMs, uid }: NewMeta): void {
  const meta = metaOf(object);
  if (meta.resourceVersion)
    throw refuse.plainInternal('resourceVersion should not be set on objects to be created');
  delete meta.resourceVersion;
  delete meta.selfLink;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  if (!meta.name && meta.generateName) meta.name = generateName(meta.generateName);
  const { name, generateName: base, namespace, ...rest } = meta;
  object.metadata = {
    ...(name === undefined ? {} : { name }),
    ...(base ? { generateName: base } : {}),
    ...(namespace ? { namespace } : {}),
    ...rest,
    uid,
    creationTimestamp: timestamp(nowMs) as never,
  };
  if (resource.strategy.generation) metaOf(object).generation = 1;
  else delete metaOf(object).generation;
  dropEmptyMeta(metaOf(object));
}

/** Carries over what an update can not change, and counts the generation. */
export function keepOldMeta(resource: Resource, object: KubeObject, old: KubeObject): void {
  const meta = metaOf(object);
  const before = metaOf(old);
  const keep = [
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generation',
    'selfLink',
  ];
  for (const field of keep as Array<keyof WritableMeta>) {
    if (before[field] === undefined) delete meta[field];
    else (meta as Record<string, unknown>)[field] = before[field];
  }
  if (!meta.generateName && before.generateName) meta.generateName = before.generateName;
  if (resource.strategy.generation && wantsChanged(object, old))
    meta.generation = (before.generation ?? 0) + 1;
  dropEmptyMeta(meta);
}

/** Whether anything beside metadata and status differs: what the generation counts. */
function wantsChanged(object: KubeObject, old: KubeObject): boolean {
  const { metadata: _1, status: _2, kind: _3, apiVersion: _4, ...now } = object;
  const { metadata: _5, status: _6, kind: _7, apiVersion: _8, ...before } = old;
  return !isDeepStrictEqual(now, before);
}

function dropEmptyMeta(meta: WritableMeta): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences', 'managedFields'] as const) {
    const value = meta[field];
    if (value === null || (value && Object.keys(value).length === 0)) delete meta[field];
  }
}

/** What no update may do to metadata, beside what the kinds themselves forbid. */
export function checkUpdatedMeta(object: KubeObject, old: KubeObject): StatusCause[] {
  const meta = metaOf(object);
  const before = metaOf(old);
  if (!before.deletionTimestamp) return [];
  const added = (meta.finalizers ?? []).filter((name) => !before.finalizers?.includes(name));
  if (added.length === 0) return [];
  const shown = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [
    {
      reason: 'FieldValueForbidden',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
      field: 'metadata.finalizers',
    },
  ];
}
