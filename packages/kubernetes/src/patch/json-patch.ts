// JSON Patch (RFC 6902) with Kubernetes' limit and its words for what is wrong. As Kubernetes has it, and other than the RFC,
// a missing field may be replaced, and copied as null.

import { cloneJson, equalJson, getField, isJsonObject, setField } from '../json.ts';
import { PatchRefusal, type PatchResult, toResult } from './patch-result.ts';

export const maxJsonPatchOperations = 10_000;
/** A copied value may grow the document only so far: an operation of a few bytes must not double it again and again. */
const maxCopiedValues = 1_000_000;

/** Kubernetes does not tell which operation failed. */
const failed = () => new PatchRefusal(422, 'the server rejected our request due to an error in our request');

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: unknown;
  readonly hasValue: boolean;
}

/** Applies a patch. The document is taken over: it is changed in place, and is of no use after a refusal. */
export function applyJsonPatch(document: unknown, patch: unknown): PatchResult {
  return toResult(() => {
    const operations = parseOperations(patch);
    const target = { root: document, copied: 0 };
    for (const operation of operations) applyOperation(target, operation);
    return target.root;
  });
}

function parseOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    throw new PatchRefusal(
      400,
      `error decoding patch: json: cannot unmarshal ${jsonKind(patch)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (patch.length > maxJsonPatchOperations) {
    throw new PatchRefusal(
      413,
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  return patch.map((operation) => {
    if (!isJsonObject(operation)) {
      throw new PatchRefusal(
        400,
        `error decoding patch: json: cannot unmarshal ${jsonKind(operation)} into Go value of type handlers.jsonPatchOp`,
      );
    }
    const { op, path, from } = operation;
    if (typeof op !== 'string' || typeof path !== 'string') throw failed();
    return {
      op,
      path,
      from: typeof from === 'string' ? from : undefined,
      value: getField(operation, 'value'),
      hasValue: Object.hasOwn(operation, 'value'),
    };
  });
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

interface Target {
  root: unknown;
  copied: number;
}

function applyOperation(target: Target, { op, path, from, value, hasValue }: Operation): void {
  switch (op) {
    case 'add':
      if (!hasValue) throw failed();
      add(target, path, cloneJson(value));
      break;
    case 'replace':
      if (!hasValue) throw failed();
      replace(target, path, cloneJson(value));
      break;
    case 'remove':
      remove(target, path);
      break;
    case 'test':
      if (!equalJson(read(target, path) ?? null, value ?? null)) throw failed();
      break;
    case 'copy':
      add(target, path, copied(target, read(target, from ?? '')));
      break;
    case 'move':
      move(target, from, path);
      break;
    default:
      throw failed();
  }
}

function move(target: Target, from: string | undefined, path: string): void {
  if (from === undefined || path.startsWith(`${from}/`)) throw failed();
  const moved = read(target, from);
  if (moved === undefined) throw failed();
  remove(target, from);
  add(target, path, moved);
}

function copied(target: Target, value: unknown): unknown {
  target.copied += countValues(value);
  if (target.copied > maxCopiedValues) throw failed();
  return cloneJson(value ?? null);
}

function countValues(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countValues(item), 1);
  if (!isJsonObject(value)) return 1;
  let sum = 1;
  for (const field of Object.values(value)) sum += countValues(field);
  return sum;
}

function parsePointer(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw failed();
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The container that holds the last part of a path, and that part; undefined for the whole document. */
function locate(target: Target, path: string): { holder: unknown; last: string } | undefined {
  const parts = parsePointer(path);
  const last = parts.pop();
  if (last === undefined) return undefined;
  let holder = target.root;
  for (const part of parts) holder = child(holder, part);
  return { holder, last };
}

function child(holder: unknown, part: string): unknown {
  if (Array.isArray(holder)) return holder[arrayIndex(part, holder.length - 1)];
  if (isJsonObject(holder)) return getField(holder, part);
  throw failed();
}

function arrayIndex(part: string, largest: number): number {
  if (!/^(0|[1-9]\d{0,9})$/.test(part) || Number(part) > largest) throw failed();
  return Number(part);
}

function read(target: Target, path: string): unknown {
  const place = locate(target, path);
  return place === undefined ? target.root : child(place.holder, place.last);
}

function add(target: Target, path: string, value: unknown): void {
  const place = locate(target, path);
  if (place === undefined) target.root = value;
  else if (Array.isArray(place.holder)) {
    const { holder, last } = place;
    holder.splice(last === '-' ? holder.length : arrayIndex(last, holder.length), 0, value);
  } else if (isJsonObject(place.holder)) setField(place.holder, place.last, value);
  else throw failed();
}

function replace(target: Target, path: string, value: unknown): void {
  const place = locate(target, path);
  if (place === undefined) target.root = value;
  else if (Array.isArray(place.holder)) place.holder[arrayIndex(place.last, place.holder.length - 1)] = value;
  else if (isJsonObject(place.holder)) setField(place.holder, place.last, value);
  else throw failed();
}

function remove(target: Target, path: string): void {
  const place = locate(target, path);
  if (place === undefined) throw failed();
  if (Array.isArray(place.holder)) place.holder.splice(arrayIndex(place.last, place.holder.length - 1), 1);
  else if (isJsonObject(place.holder) && Object.hasOwn(place.holder, place.last))
    delete place.holder[place.last];
  else throw failed();
}
