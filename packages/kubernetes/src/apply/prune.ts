// Takes away what an applier no longer names and nobody else owns.

import { isJsonObject, type JsonObject, setField } from '../json.ts';
import type { ListSchema, Schema } from '../schema/schema.ts';
import { appliedSet } from './applied-set.ts';
import { fieldType, isOneValue } from './compare.ts';
import {
  below,
  difference,
  emptySet,
  type FieldSet,
  hasElement,
  intersection,
  isEmptySet,
  union,
} from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';

export interface PruneOptions {
  readonly schema: Schema;
  readonly merged: JsonObject;
  /** What this applier named the last time. */
  readonly last: FieldSet;
  /** What all managers own, this applier's new configuration included. */
  readonly owned: FieldSet;
}

/** Removes fields and items that the applier dropped, unless someone else owns them or something in them. */
export function prune({ schema, merged, last, owned }: PruneOptions): JsonObject {
  if (isEmptySet(difference(last, owned))) return merged;
  const lastNamed = withNamedFields(schema, last);
  const all = withNamedFields(schema, appliedSet(schema, merged));
  // First without anything that the applier had; then what others own comes back, with all that holds it.
  const bare = removeFrom(schema, merged, lastNamed);
  const keep = union(withNamedFields(schema, appliedSet(schema, bare)), withNamedFields(schema, owned));
  const owners = removeFrom(schema, merged, difference(all, keep));
  // At last only that goes which the applier had: what nobody owns stays.
  const gone = difference(all, withNamedFields(schema, appliedSet(schema, owners)));
  return removeFrom(schema, merged, intersection(gone, lastNamed));
}

/** The set with every field of a struct that something in it stands below, which sets leave out. */
function withNamedFields(schema: Schema | undefined, set: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    const child = set[element] as FieldSet;
    if (element === '.' || isEmptySet(child)) {
      result[element] = child;
      continue;
    }
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const named = name !== undefined && schema?.kind === 'object' && schema.fields.has(name);
    const inner = withNamedFields(typeBelow(schema, name), child);
    result[element] = named ? { ...inner, '.': emptySet } : inner;
  }
  return result;
}

function typeBelow(schema: Schema | undefined, name: string | undefined): Schema | undefined {
  if (schema === undefined) return undefined;
  if (name === undefined) return schema.kind === 'list' ? schema.item : undefined;
  return fieldType(schema, name);
}

function removeFrom(schema: Schema, object: JsonObject, set: FieldSet): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(object)) {
    const element = fieldElement(name);
    if (hasElement(set, element)) continue;
    const inner = below(set, element);
    const type = inner === undefined ? undefined : fieldType(schema, name);
    setField(
      kept,
      name,
      inner === undefined || type === undefined ? value : removeInside(type, value, inner),
    );
  }
  return kept;
}

/** An object or list that nothing is left of becomes null, as Kubernetes has it. */
function removeInside(schema: Schema, value: unknown, set: FieldSet): unknown {
  if (isOneValue(schema, value)) return value;
  if (Array.isArray(value)) {
    const items = schema.kind === 'list' ? removeItems(schema, value, set) : value;
    return items.length === 0 ? null : items;
  }
  if (!isJsonObject(value)) return value;
  const fields = removeFrom(schema, value, set);
  return Object.keys(fields).length === 0 ? null : fields;
}

function removeItems(schema: ListSchema, list: readonly unknown[], set: FieldSet): unknown[] {
  const kept: unknown[] = [];
  for (const item of list) {
    const found = itemElement(schema, item);
    if (found.kind === 'element' && hasElement(set, found.element)) continue;
    const inner = found.kind === 'element' ? below(set, found.element) : undefined;
    kept.push(inner === undefined ? item : removeInside(schema.item, item, inner));
  }
  return kept;
}
