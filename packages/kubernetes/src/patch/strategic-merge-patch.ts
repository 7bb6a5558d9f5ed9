// Strategic merge patch: a merge patch that knows from the schema which lists merge by which key, and obeys `$` directives.

import { cloneJson, getField, goValue, isJsonObject, type JsonObject, setField } from '../json.ts';
import type { FieldSchema, Schema } from '../schema/schema.ts';
import { indexByKey, inPatchOrder, keyText } from './list-order.ts';
import { PatchRefusal, type PatchResult, toResult } from './patch-result.ts';

const deletePrefix = '$deleteFromPrimitiveList/';
const orderPrefix = '$setElementOrder/';

/** Applies a patch. The document is taken over: it is changed in place, and is of no use after a refusal. */
export function applyStrategicMergePatch(document: unknown, patch: unknown, schema: Schema): PatchResult {
  return toResult(() => {
    if (!isJsonObject(document) || !isJsonObject(patch)) throw new PatchRefusal(400, 'invalid JSON document');
    return mergeMap(document, cloneJson(patch), schema);
  });
}

/** `patch` is taken over too: directives are struck off as they are obeyed. */
function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = getField(patch, '$patch');
  if (directive !== undefined) return replacedByDirective(directive, patch);
  retainKeys(original, patch);
  applyElementOrder(original, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key.startsWith(deletePrefix)) {
      deleteFromPrimitiveList(original, key.slice(deletePrefix.length), value);
    } else if (value === null) delete original[key];
    else setField(original, key, mergeField(original, key, value, schema));
  }
  return original;
}

function replacedByDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive !== 'replace')
    throw new PatchRefusal(500, `unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
  delete patch.$patch;
  return patch;
}

function mergeField(original: JsonObject, key: string, value: unknown, schema: Schema | undefined): unknown {
  const old = getField(original, key);
  const field = fieldOf(schema, key);
  if (isJsonObject(value)) {
    const replaces = field?.patch !== undefined && !field.patch.merge && !field.patch.retainKeys;
    return isJsonObject(old) && !replaces
      ? mergeMap(old, value, typeOf(schema, key))
      : withoutDirectives(value);
  }
  if (!Array.isArray(value)) return value;
  if (!Array.isArray(old) || field?.patch?.merge !== true) return withoutDirectives(value);
  return mergeList(old, value, field);
}

function fieldOf(schema: Schema | undefined, key: string): FieldSchema | undefined {
  return schema?.kind === 'object' ? schema.fields.get(key) : undefined;
}

function typeOf(schema: Schema | undefined, key: string): Schema | undefined {
  return schema?.kind === 'map' ? schema.value : fieldOf(schema, key)?.type;
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  const keys = getField(patch, '$retainKeys');
  if (keys === undefined) return;
  delete patch.$retainKeys;
  if (!Array.isArray(keys)) throw new PatchRefusal(400, 'invalid patch format of retainKeys');
  const retained = new Set<unknown>(keys);
  for (const [key, value] of Object.entries(patch)) {
    const isDirective = key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
    if (value !== null && !isDirective && !retained.has(key)) {
      throw new PatchRefusal(400, 'invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(original)) if (!retained.has(key)) delete original[key];
}

/** Merges the lists whose order the patch states, and strikes them off the patch. */
function applyElementOrder(original: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    delete patch[key];
    const name = key.slice(orderPrefix.length);
    const change = getField(patch, name) ?? [];
    if (!Array.isArray(order) || !Array.isArray(change)) {
      throw new PatchRefusal(400, 'invalid patch format of setElementOrder list');
    }
    const field = fieldOf(schema, name);
    const mergeKey = field?.patch?.mergeKey ?? '';
    const old = getField(original, name);
    checkOrder(change, order, mergeKey);
    if (!Array.isArray(old) && !Object.hasOwn(patch, name)) continue;
    const merged =
      Array.isArray(old) && field !== undefined ? mergeList(old, change, field) : withoutDirectives(change);
    delete patch[name];
    setField(
      original,
      name,
      inPatchOrder({ merged: merged as unknown[], order, before: Array.isArray(old) ? old : [], mergeKey }),
    );
  }
}

/** Every item that a patch adds or changes has to stand in its order list. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  const known = indexByKey(order, mergeKey);
  for (const item of change) {
    if (isJsonObject(item) && getField(item, '$patch') !== undefined) continue;
    if (!known.has(keyText(item, mergeKey))) {
      throw new PatchRefusal(
        500,
        `The order in patch list:\n${goValue(change)}\n doesn't match $setElementOrder list:\n${goValue(order)}\n`,
      );
    }
  }
}

function deleteFromPrimitiveList(original: JsonObject, name: string, values: unknown): void {
  const old = getField(original, name);
  if (!Array.isArray(values)) throw new PatchRefusal(400, 'invalid patch format of primitive list');
  if (Array.isArray(old))
    setField(
      original,
      name,
      old.filter((item) => !values.includes(item)),
    );
}

function mergeList(original: unknown[], patch: unknown[], field: FieldSchema): unknown[] {
  const mergeKey = field.patch?.mergeKey ?? '';
  const itemType = field.type.kind === 'list' ? field.type.item : undefined;
  checkElementTypes(original, patch);
  if (!patch.some(isJsonObject) && !original.some(isJsonObject)) {
    const merged = [...new Set([...original, ...patch])];
    return inPatchOrder({ merged, order: patch, before: original, mergeKey: '' });
  }
  if (mergeKey === '') throw new PatchRefusal(500, `cannot merge lists without merge key for ${field.name}`);
  const { kept, change } = obeyItemDirectives(original, patch, mergeKey);
  const merged = [...kept];
  const index = indexByKey(merged, mergeKey);
  for (const item of change) {
    const key = keyText(item, mergeKey);
    const at = index.get(key) ?? merged.length;
    const old = merged[at];
    merged[at] = mergeMap(isJsonObject(old) ? old : {}, item, itemType);
    index.set(key, at);
  }
  return inPatchOrder({ merged, order: change, before: kept, mergeKey });
}

/** A list that merges holds values of one type, and no lists. */
function checkElementTypes(original: readonly unknown[], patch: readonly unknown[]): void {
  const [first, ...others] = [...original, ...patch].map(elementType);
  if (first === 'list') throw new PatchRefusal(422, 'lists of lists are not supported');
  if (others.some((type) => type !== first)) {
    throw new PatchRefusal(500, `list element types are not identical: ${goValue([original, patch])}`);
  }
}

function elementType(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return typeof value === 'number' && !Number.isInteger(value) ? 'float' : typeof value;
}

/** Items that say `$patch: delete` take others away, one that says `replace` takes them all. */
function obeyItemDirectives(
  original: readonly unknown[],
  patch: readonly unknown[],
  mergeKey: string,
): { kept: unknown[]; change: JsonObject[] } {
  const deleted = new Set<string>();
  let replace = false;
  const change: JsonObject[] = [];
  for (const item of patch) {
    if (!isJsonObject(item)) throw new PatchRefusal(400, 'invalid patch format of primitive list');
    const directive = getField(item, '$patch');
    const key = getField(item, mergeKey);
    if (directive === 'replace') replace = true;
    else if (key === undefined) {
      throw new PatchRefusal(500, `map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
    } else if (directive === 'delete') deleted.add(keyText(item, mergeKey));
    else if (directive === undefined) change.push(item);
    else if (directive === 'merge') {
      throw new PatchRefusal(500, 'merging lists cannot yet be specified in the patch');
    } else throw new PatchRefusal(500, `unknown patch type: ${goValue(directive)} in map: ${goValue(item)}`);
  }
  if (replace) return { kept: change.map((item) => mergeMap({}, item, undefined)), change: [] };
  return { kept: original.filter((item) => !deleted.has(keyText(item, mergeKey))), change };
}

/** A value that is new: nulls and directives in it have nothing to act on. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter((item) => !(isJsonObject(item) && Object.hasOwn(item, '$patch')))
      .map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  if (getField(value, '$patch') === 'delete') return {};
  const result: JsonObject = {};
  for (const [name, field] of Object.entries(value)) {
    const isDirective =
      name === '$patch' ||
      name === '$retainKeys' ||
      name.startsWith(deletePrefix) ||
      name.startsWith(orderPrefix);
    if (!isDirective && field !== null) setField(result, name, withoutDirectives(field));
  }
  return result;
}
