// Path elements of `fieldsV1`: how a list's item is told from the others, and how people read a path.

import { getField, isJsonObject, type JsonObject } from '../json.ts';
import type { ListSchema } from '../schema/schema.ts';

export function fieldElement(name: string): string {
  return `f:${name}`;
}

export type ItemElement =
  | { readonly kind: 'element'; readonly element: string }
  | { readonly kind: 'unkeyed'; readonly message: string };

/** The element of an item of a set or a list map. */
export function itemElement(list: ListSchema, item: unknown): ItemElement {
  if (list.listType === 'set') {
    return isJsonObject(item) || Array.isArray(item)
      ? { kind: 'unkeyed', message: 'only scalars may be items of a set' }
      : { kind: 'element', element: `v:${JSON.stringify(item)}` };
  }
  if (!isJsonObject(item)) {
    return { kind: 'unkeyed', message: 'associative list with keys may not have null or non-map elements' };
  }
  const single = list.keys.length === 1 ? list.keys[0] : undefined;
  if (single !== undefined) {
    const value = getField(item, single);
    if (typeof value === 'string') {
      return { kind: 'element', element: `k:{${JSON.stringify(single)}:${JSON.stringify(value)}}` };
    }
  }
  return elementOfKeys(list, item);
}

function elementOfKeys(list: ListSchema, item: JsonObject): ItemElement {
  const key: JsonObject = {};
  let named = false;
  for (const name of list.keys) {
    const value = getField(item, name) ?? defaultOfKey(list, name);
    if (value === undefined) continue;
    named ||= getField(item, name) !== undefined || value !== '';
    key[name] = value;
  }
  if (named || Object.keys(key).length === list.keys.length) {
    return { kind: 'element', element: `k:${JSON.stringify(key)}` };
  }
  const missing = list.keys.find((name) => !Object.hasOwn(key, name)) ?? '';
  return {
    kind: 'unkeyed',
    message: `associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`,
  };
}

/** Ports are TCP unless they say otherwise; keys that Go always writes are empty. */
function defaultOfKey(list: ListSchema, name: string): unknown {
  if (name === 'protocol') return 'TCP';
  if (list.item.kind !== 'object') return undefined;
  const field = list.item.fields.get(name);
  return field?.defaultValue ?? field?.whenUnset?.() ?? undefined;
}

/** `.spec.containers[name="c"].image` */
export function showPath(path: readonly string[]): string {
  return path.map(showElement).join('');
}

function showElement(element: string): string {
  const text = element.slice(2);
  if (element.startsWith('f:')) return `.${text}`;
  if (element.startsWith('v:')) return `[=${text}]`;
  if (element.startsWith('i:')) return `[${text}]`;
  return showKey(text);
}

/** `[name="c"]` of `{"name":"c"}`. */
export function showKey(text: string): string {
  const key = JSON.parse(text) as JsonObject;
  const parts = Object.entries(key).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${parts.join(',')}]`;
}
