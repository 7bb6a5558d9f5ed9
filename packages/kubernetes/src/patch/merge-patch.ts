// JSON merge patch (RFC 7386): applying one, and making the one that leads from an object to another.

import { equalJson, getField, isJsonObject, type JsonObject, setField } from '../json.ts';

/** The patched document. What the patch does not touch is shared with the original, which stays as it was. */
export function applyMergePatch(original: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result: JsonObject = isJsonObject(original) ? copyFields(original) : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setField(result, name, applyMergePatch(getField(result, name), value));
  }
  return result;
}

/** The smallest merge patch from one object to another; undefined when they are equal. Lists are replaced whole. */
export function createMergePatch(before: unknown, after: unknown): JsonObject | undefined {
  const patch: JsonObject = {};
  const from = isJsonObject(before) ? before : {};
  const to = isJsonObject(after) ? after : {};
  for (const name of Object.keys(from)) if (getField(to, name) === undefined) setField(patch, name, null);
  for (const [name, value] of Object.entries(to)) {
    const old = getField(from, name);
    if (value === undefined || equalJson(old, value)) continue;
    const bothObjects = isJsonObject(old) && isJsonObject(value);
    setField(patch, name, bothObjects ? createMergePatch(old, value) : value);
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function copyFields(object: JsonObject): JsonObject {
  const copy: JsonObject = {};
  for (const [name, value] of Object.entries(object)) setField(copy, name, value);
  return copy;
}
