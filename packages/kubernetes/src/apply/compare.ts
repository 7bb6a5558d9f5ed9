// What differs between two objects, as sets of paths: the ground of all ownership.

import { equalJson, getField, isJsonObject, type JsonObject } from '../json.ts';
import type { ListSchema, ObjectSchema, Schema } from '../schema/schema.ts';
import { emptySet, type FieldSet, FieldSetBuilder, isEmptySet } from './field-set.ts';
import { fieldElement, itemElement } from './path-element.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly removed: FieldSet;
  readonly modified: FieldSet;
}

export function isSame({ added, removed, modified }: Comparison): boolean {
  return isEmptySet(added) && isEmptySet(removed) && isEmptySet(modified);
}

/** Compares two objects of one kind. `metadata.managedFields` does not count. */
export function compareObjects(schema: ObjectSchema, before: JsonObject, after: JsonObject): Comparison {
  const comparer = new Comparer();
  comparer.compareFields(schema, before, after);
  return comparer.result();
}

/** In a custom resource, what the schema only preserves: objects are entered, lists are one value. */
export const granularAny: Schema = { kind: 'any', granular: true };

/** The type of an object's field; undefined where the schema does not have it. */
export function fieldType(schema: Schema, name: string): Schema | undefined {
  if (schema.kind === 'map') return schema.value;
  if (schema.kind === 'any') return schema;
  if (schema.kind !== 'object') return undefined;
  return schema.fields.get(name)?.type ?? (schema.preserveUnknown ? granularAny : undefined);
}

/** Whether a value of this type is owned as a whole. */
export function isOneValue(schema: Schema, value: unknown): boolean {
  switch (schema.kind) {
    case 'scalar':
      return true;
    case 'list':
      return schema.listType === 'atomic';
    case 'any':
      return schema.granular !== true || Array.isArray(value) || !isJsonObject(value);
    default:
      return schema.atomic;
  }
}

class Comparer {
  readonly #path: string[] = [];
  #added: FieldSetBuilder | undefined;
  #removed: FieldSetBuilder | undefined;
  #modified: FieldSetBuilder | undefined;

  result(): Comparison {
    return {
      added: this.#added?.build() ?? emptySet,
      removed: this.#removed?.build() ?? emptySet,
      modified: this.#modified?.build() ?? emptySet,
    };
  }

  /** Undefined means absent; null is a value, as Go's unset lists and times are. */
  #compare(schema: Schema, before: unknown, after: unknown): void {
    if (before === after) return;
    const some = after ?? before;
    if (schema.kind === 'any' && schema.granular && isOtherKind(before, after)) {
      this.#compareOtherKinds(schema, before, after);
      return;
    }
    if (isOneValue(schema, some) || (isEmptyOrAbsent(before) && isEmptyOrAbsent(after))) {
      this.#compareWhole(before, after);
      return;
    }
    if (schema.kind === 'list') this.#compareItems(schema, before, after);
    else this.compareFields(schema, asObject(before), asObject(after));
    if (before === undefined) this.#add();
    else if (after === undefined) this.#remove();
  }

  /** A value without a schema that was an object, or became one: what stood below it goes or comes beside the change. */
  #compareOtherKinds(schema: Schema, before: unknown, after: unknown): void {
    this.compareFields(schema, asObject(before), asObject(after));
    this.#compareWhole(before, after);
  }

  #compareWhole(before: unknown, after: unknown): void {
    if (before === undefined) this.#add();
    else if (after === undefined) this.#remove();
    else if (!equalJson(before, after)) {
      this.#modified ??= new FieldSetBuilder();
      this.#modified.insert(this.#path);
    }
  }

  compareFields(schema: Schema, before: JsonObject | undefined, after: JsonObject | undefined): void {
    const isMetadata = schema.kind === 'object' && schema.name === 'meta.v1.ObjectMeta';
    if (after !== undefined) {
      for (const name of Object.keys(after)) {
        if (isMetadata && name === 'managedFields') continue;
        this.#compareField(
          schema,
          name,
          before === undefined ? undefined : getField(before, name),
          after[name],
        );
      }
    }
    if (before === undefined) return;
    for (const name of Object.keys(before)) {
      if ((isMetadata && name === 'managedFields') || (after !== undefined && Object.hasOwn(after, name)))
        continue;
      this.#compareField(schema, name, before[name], undefined);
    }
  }

  #compareField(schema: Schema, name: string, before: unknown, after: unknown): void {
    const type = fieldType(schema, name);
    if (type === undefined || before === after) return;
    this.#path.push(fieldElement(name));
    this.#compare(type, before, after);
    this.#path.pop();
  }

  #compareItems(schema: ListSchema, before: unknown, after: unknown): void {
    const old = indexItems(schema, before);
    const now = indexItems(schema, after);
    for (const [element, items] of now) this.#compareItem(schema, element, old.get(element), items);
    for (const [element, items] of old) {
      if (!now.has(element)) this.#compareItem(schema, element, items, undefined);
    }
  }

  /** Items with the same key, which only a broken list has several of, are compared as one. */
  #compareItem(
    schema: ListSchema,
    element: string,
    before: readonly unknown[] | undefined,
    after: readonly unknown[] | undefined,
  ): void {
    this.#path.push(element);
    if ((before?.length ?? 1) === 1 && (after?.length ?? 1) === 1) {
      this.#compare(schema.item, before?.[0], after?.[0]);
    } else this.#compareWhole(before, after);
    this.#path.pop();
  }

  #add(): void {
    this.#added ??= new FieldSetBuilder();
    this.#added.insert(this.#path);
  }

  #remove(): void {
    this.#removed ??= new FieldSetBuilder();
    this.#removed.insert(this.#path);
  }
}

function isOtherKind(before: unknown, after: unknown): boolean {
  const bothThere = (before ?? undefined) !== undefined && (after ?? undefined) !== undefined;
  return bothThere && isJsonObject(before) !== isJsonObject(after);
}

function isEmptyOrAbsent(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value) return false;
  return true;
}

function asObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** A list's items by their elements; those without a key are left out. */
export function indexItems(schema: ListSchema, list: unknown): Map<string, unknown[]> {
  const index = new Map<string, unknown[]>();
  if (!Array.isArray(list)) return index;
  for (const item of list) {
    const found = itemElement(schema, item);
    if (found.kind === 'unkeyed') continue;
    const items = index.get(found.element);
    if (items === undefined) index.set(found.element, [item]);
    else items.push(item);
  }
  return index;
}
