// Between objects and the bytes that are stored: JSON without apiVersion and kind, and the header beside it.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Entry, Header } from '../store/types.ts';
import type { Resource } from './registry/resource.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const openBrace = encoder.encode('{');

export function encodeStored(object: KubeObject): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  return encoder.encode(JSON.stringify({ metadata, ...rest }));
}

export function decodeStored(resource: Resource, entry: Pick<Entry, 'value'>): KubeObject {
  const stored = JSON.parse(decoder.decode(entry.value)) as KubeObject;
  const object = resource.conversion ? resource.conversion.fromStorage(stored) : stored;
  return {
    kind: resource.kind,
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    ...object,
  };
}

export function headerOf(resource: Resource, object: KubeObject): Header {
  return {
    uid: object.metadata?.uid ?? '',
    labels: object.metadata?.labels ?? {},
    fields: resource.strategy.fields?.(object) ?? {},
  };
}

/** An object's whole JSON, as pieces to write one after another; nothing is parsed unless versions differ. */
export function wholeObject(resource: Resource, entry: Pick<Entry, 'value'>): Uint8Array[] {
  if (resource.conversion) return [encoder.encode(JSON.stringify(decodeStored(resource, entry)))];
  return [openBrace, resource.objectPrefix, entry.value.subarray(1)];
}

/** An object's JSON as an item of a list. */
export function listItem(resource: Resource, entry: Entry): Uint8Array[] {
  if (resource.conversion) {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = decodeStored(resource, entry);
    return [encoder.encode(JSON.stringify(item))];
  }
  return resource.typedItems ? wholeObject(resource, entry) : [entry.value];
}
