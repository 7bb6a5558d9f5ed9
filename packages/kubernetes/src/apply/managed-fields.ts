// The entries of `metadata.managedFields`: who owns which fields. Read, changed as values, and written in order.

import { isJsonObject, type JsonObject } from '../json.ts';
import { emptySet, type FieldSet, isEmptySet, readFieldSet, sorted, union } from './field-set.ts';

export type Operation = 'Apply' | 'Update';

export interface ManagerId {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  /** '' for the object itself. */
  readonly subresource: string;
}

export interface ManagedEntry extends ManagerId {
  /** RFC 3339, whole seconds; undefined where nothing was ever changed. */
  readonly time: string | undefined;
  readonly set: FieldSet;
}

/** Appliers are the same under every version, updaters are not. */
export function isSameManager(left: ManagerId, right: ManagerId): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion)
  );
}

/** The entries of an object; undefined when they are not what they should be. */
export function readManagedFields(object: JsonObject | undefined): ManagedEntry[] | undefined {
  const metadata = object?.metadata;
  const list = isJsonObject(metadata) ? metadata.managedFields : undefined;
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const entries: ManagedEntry[] = [];
  for (const item of list) {
    const entry = isJsonObject(item) ? readEntry(item) : undefined;
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

function readEntry(item: JsonObject): ManagedEntry | undefined {
  const { manager = '', operation, apiVersion, subresource = '', time, fieldsV1 } = item;
  const set = readFieldSet(fieldsV1 ?? {});
  if (operation !== 'Apply' && operation !== 'Update') return undefined;
  if (typeof manager !== 'string' || typeof apiVersion !== 'string' || typeof subresource !== 'string') {
    return undefined;
  }
  if (set === undefined) return undefined;
  return {
    manager,
    operation,
    apiVersion,
    subresource,
    time: typeof time === 'string' ? time : undefined,
    set,
  };
}

/** Whether a request asks to forget all owners: a list of one empty entry. */
export function isReset(object: JsonObject): boolean {
  const metadata = object.metadata;
  const list = isJsonObject(metadata) ? metadata.managedFields : undefined;
  return (
    Array.isArray(list) && list.length === 1 && isJsonObject(list[0]) && Object.keys(list[0]).length === 0
  );
}

/** Sets an object's entries; entries without fields, and an empty list, are left out. */
export function writeManagedFields(object: JsonObject, entries: readonly ManagedEntry[]): void {
  if (!isJsonObject(object.metadata)) object.metadata = {};
  const metadata = object.metadata as JsonObject;
  const kept = entries.filter((entry) => !isEmptySet(entry.set)).sort(compareEntries);
  if (kept.length === 0) delete metadata.managedFields;
  else metadata.managedFields = kept.map(writeEntry);
}

function writeEntry({ manager, operation, apiVersion, time, set, subresource }: ManagedEntry): JsonObject {
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(set),
    ...(subresource === '' ? {} : { subresource }),
  };
}

function compareEntries(left: ManagedEntry, right: ManagedEntry): number {
  return (
    compareText(left.operation, right.operation) ||
    compareText(left.time ?? '', right.time ?? '') ||
    compareText(left.manager, right.manager) ||
    compareText(left.apiVersion, right.apiVersion) ||
    compareText(left.subresource, right.subresource)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

export const maxUpdateManagers = 10;
const oldUpdatesManager = 'ancient-changes';

/** Merges the oldest updaters into one when there are too many. */
export function capUpdateManagers(entries: readonly ManagedEntry[]): ManagedEntry[] {
  const updaters = entries.filter((entry) => entry.operation === 'Update').sort(compareEntries);
  let excess = updaters.length - maxUpdateManagers;
  if (excess <= 0) return [...entries];
  const buckets = new Map<string, ManagedEntry>();
  const merged = new Set<ManagedEntry>();
  for (const entry of updaters) {
    if (excess <= 0) break;
    const bucket = buckets.get(entry.apiVersion);
    buckets.set(entry.apiVersion, {
      ...(bucket ?? entry),
      time: entry.time,
      set: bucket === undefined ? entry.set : union(entry.set, bucket.set),
    });
    merged.add(entry);
    if (bucket !== undefined) excess--;
  }
  const old = [...buckets.values()].map((bucket) => {
    const alone = updaters.filter((entry) => merged.has(entry) && entry.apiVersion === bucket.apiVersion);
    const [only] = alone;
    return alone.length === 1 && only !== undefined
      ? only
      : { ...bucket, manager: oldUpdatesManager, subresource: '' };
  });
  return [...entries.filter((entry) => !merged.has(entry)), ...old];
}

const member: FieldSet = emptySet;
/** Fields that nobody owns: the server's own. */
export const unownedFields: FieldSet = {
  'f:apiVersion': member,
  'f:kind': member,
  'f:metadata': {
    '.': member,
    'f:name': member,
    'f:namespace': member,
    'f:creationTimestamp': member,
    'f:selfLink': member,
    'f:uid': member,
    'f:clusterName': member,
    'f:generation': member,
    'f:managedFields': member,
    'f:resourceVersion': member,
  },
};
