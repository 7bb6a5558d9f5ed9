// The order of a merged list: items of the patch in the patch's order, the others where they stood, patch items first in doubt.

import { getField, isJsonObject } from '../json.ts';

export interface MergedList {
  readonly merged: readonly unknown[];
  /** The patch's items, or its order list. */
  readonly order: readonly unknown[];
  /** The list before the patch. */
  readonly before: readonly unknown[];
  /** '' for a list of plain values. */
  readonly mergeKey: string;
}

export function inPatchOrder({ merged, order, before, mergeKey }: MergedList): unknown[] {
  const inOrder = indexByKey(order, mergeKey);
  const inBefore = indexByKey(before, mergeKey);
  const position = (index: ReadonlyMap<string, number>, item: unknown): number =>
    index.get(keyText(item, mergeKey)) ?? -1;
  const rank = (index: ReadonlyMap<string, number>) => (left: unknown, right: unknown) =>
    position(index, left) - position(index, right);
  const ofPatch = merged.filter((item) => position(inOrder, item) >= 0).sort(rank(inOrder));
  const ofServer = merged.filter((item) => position(inOrder, item) < 0).sort(rank(inBefore));
  const result: unknown[] = [];
  let next = 0;
  for (const item of ofServer) {
    const place = position(inBefore, item);
    while (next < ofPatch.length && !isBefore(place, position(inBefore, ofPatch[next]))) {
      result.push(ofPatch[next++]);
    }
    result.push(item);
  }
  return [...result, ...ofPatch.slice(next)];
}

/** What tells items of a list apart, as a text: the merge key's value, or the item itself. */
export function keyText(item: unknown, mergeKey: string): string {
  const key = mergeKey !== '' && isJsonObject(item) ? getField(item, mergeKey) : item;
  return JSON.stringify(key) ?? '';
}

/** Where each key stands first. */
export function indexByKey(list: readonly unknown[], mergeKey: string): Map<string, number> {
  const index = new Map<string, number>();
  for (const [at, item] of list.entries()) {
    const key = keyText(item, mergeKey);
    if (!index.has(key)) index.set(key, at);
  }
  return index;
}

/** Whether the server's item stands before the patch's one: only when both were there before. */
function isBefore(serverPlace: number, patchPlace: number): boolean {
  return serverPlace >= 0 && patchPlace >= 0 && serverPlace < patchPlace;
}
