// An answer that is a list: the stored bytes one after another, or a Table, or metadata alone.

import type { Entry } from '../../store/types.ts';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { decodeStored, listItem } from '../stored-object.ts';
import { tableOf } from '../table/table.ts';
import type { VerbCall } from '../verbs/target.ts';
import { readOutputFormat } from './output-format.ts';
import { partialObject } from './partial-object.ts';

const encoder = new TextEncoder();
const comma = encoder.encode(',');
const end = encoder.encode(']}\n');
/** Pieces are joined up to about this size: fewer, larger writes. */
const pieceBytes = 256 * 1024;

export interface ListMeta {
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export function listAnswer(
  { context, request, target }: VerbCall,
  entries: Iterable<Entry>,
  meta: ListMeta,
): Answer {
  const { resource } = target;
  const format = readOutputFormat(request.headers.accept);
  if (format === 'object') {
    const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
    const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersion}","metadata":${JSON.stringify(meta)},"items":[`;
    return {
      kind: 'bytes',
      status: 200,
      contentType: 'application/json',
      chunks: concatenate(encoder.encode(head), entries, (entry) => listItem(resource, entry)),
    };
  }
  const objects = Array.from(entries, (entry) => decodeStored(resource, entry));
  if (format === 'partial') {
    const items = objects.map(partialObject);
    return jsonAnswer(200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: meta,
      items,
    });
  }
  const includeObject = request.query.get('includeObject') ?? 'Metadata';
  return jsonAnswer(200, tableOf({ resource, objects, includeObject, meta, nowMs: context.clock.now() }));
}

function concatenate(
  head: Uint8Array,
  entries: Iterable<Entry>,
  itemOf: (entry: Entry) => Uint8Array[],
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let parts: Uint8Array[] = [head];
  let length = head.length;
  let first = true;
  const flush = () => {
    pieces.push(Buffer.concat(parts, length));
    parts = [];
    length = 0;
  };
  for (const entry of entries) {
    const item = itemOf(entry);
    for (const part of first ? item : [comma, ...item]) {
      parts.push(part);
      length += part.length;
    }
    first = false;
    if (length >= pieceBytes) flush();
  }
  parts.push(end);
  length += end.length;
  flush();
  return pieces;
}
