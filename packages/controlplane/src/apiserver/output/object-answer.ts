// An answer that is one object, whole, as a Table of one row, or as metadata alone.

import type { Entry } from '../../store/types.ts';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { decodeStored, wholeObject } from '../stored-object.ts';
import { tableOf } from '../table/table.ts';
import type { VerbCall } from '../verbs/target.ts';
import { readOutputFormat } from './output-format.ts';
import { partialObject } from './partial-object.ts';

const newline = new TextEncoder().encode('\n');

export function objectAnswer({ context, request, target }: VerbCall, entry: Entry, status: number): Answer {
  const { resource } = target;
  const format = readOutputFormat(request.headers.accept);
  if (format === 'object') {
    const chunks = [...wholeObject(resource, entry), newline];
    return { kind: 'bytes', status, contentType: 'application/json', chunks };
  }
  const object = decodeStored(resource, entry);
  if (format === 'partial') return jsonAnswer(status, partialObject(object));
  const includeObject = request.query.get('includeObject') ?? 'Metadata';
  const meta = { resourceVersion: String(entry.revision) };
  return jsonAnswer(
    status,
    tableOf({ resource, objects: [object], includeObject, meta, nowMs: context.clock.now() }),
  );
}
