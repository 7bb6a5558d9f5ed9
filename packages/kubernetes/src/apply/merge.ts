// Lays an applied configuration over an object: fields one by one, lists by their keys, everything else whole.

import { getField, isJsonObject, type JsonObject, setField } from '../json.ts';
import type { ListSchema, Schema } from '../schema/schema.ts';
import { fieldType, indexItems, isOneValue } from './compare.ts';

/** The merged object. Parts of both are shared with it, and neither is changed. */
export function mergeConfiguration(schema: Schema, live: JsonObject, configuration: JsonObject): JsonObject {
  const merged: JsonObject = {};
  for (const [name, value] of Object.entries(live)) setField(merged, name, value);
  for (const [name, value] of Object.entries(configuration)) {
    const type = fieldType(schema, name);
    if (type !== undefined && value !== undefined) {
      setField(merged, name, mergeValue(type, getField(live, name), value));
    }
  }
  return merged;
}

function mergeValue(schema: Schema, live: unknown, applied: unknown): unknown {
  if (live === undefined || live === null || isOneValue(schema, applied ?? live)) return applied;
  if (schema.kind === 'list') {
    if (!Array.isArray(live) || live.length === 0) return applied;
    return Array.isArray(applied) ? mergeItems(schema, live, applied) : live;
  }
  if (!isJsonObject(live) || Object.keys(live).length === 0) return applied;
  return isJsonObject(applied) ? mergeConfiguration(schema, live, applied) : live;
}

/**
 * Items in both lists stand in the applied list's order; items of one list alone keep their place among their neighbours.
 */
function mergeItems(schema: ListSchema, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const old = indexItems(schema, live);
  const now = indexItems(schema, applied);
  const oldOrder = [...old.keys()];
  const order = [...now.keys()];
  const shared = order.filter((element) => old.has(element));
  const merged: unknown[] = [];
  let nextShared = 0;
  let left = 0;
  let right = 0;
  const take = (element: string): void => {
    const before = old.get(element)?.[0];
    const after = now.get(element)?.[0];
    if (after === undefined) merged.push(...(old.get(element) ?? []));
    else merged.push(mergeValue(schema.item, before, after));
  };
  while (left < oldOrder.length || right < order.length) {
    const element = oldOrder[left];
    const next = order[right];
    if (element !== undefined && element !== next && !now.has(element)) {
      take(element);
      left++;
    } else if (
      element !== undefined &&
      next !== undefined &&
      element !== next &&
      element !== shared[nextShared] &&
      nextShared < shared.length
    ) {
      // It stands elsewhere in the applied list: it is taken there.
      left++;
    } else if (next !== undefined) {
      take(next);
      right++;
      if (element === next) left++;
      if (next === shared[nextShared]) nextShared++;
    } else left++;
  }
  return merged;
}
