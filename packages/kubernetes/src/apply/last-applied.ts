// The annotation in which `kubectl apply` keeps what it last sent, and the way from it to server-side apply.

import { isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { appliedSet, schemaErrors } from './applied-set.ts';
import { compareObjects } from './compare.ts';
import { difference, type FieldSet } from './field-set.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';
const maxAnnotationsLength = 256 * 1024;

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = object.metadata;
  const annotations = isJsonObject(metadata) ? metadata.annotations : undefined;
  return isJsonObject(annotations) ? annotations : undefined;
}

/** The fields that `kubectl apply` last sent and that still are as it sent them; undefined without the annotation. */
export function allowedByLastApplied(schema: ObjectSchema, live: JsonObject): FieldSet | undefined {
  const text = annotationsOf(live)?.[lastAppliedAnnotation];
  if (typeof text !== 'string') return undefined;
  const last = parseObject(text);
  if (last === undefined || schemaErrors(schema, last).length > 0) return undefined;
  const { added, modified, removed } = compareObjects(schema, last, live);
  return difference(difference(difference(appliedSet(schema, last), modified), added), removed);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Whatever a user wrote there: it allows nothing.
    return undefined;
  }
}

/** Keeps the annotation of an object that has one up to date, so that `kubectl apply` can go on from it. */
export function refreshLastApplied(object: JsonObject, configuration: JsonObject): void {
  const annotations = annotationsOf(object);
  if (annotations?.[lastAppliedAnnotation] === undefined) return;
  const text = `${JSON.stringify(configuration)}\n`;
  if (text.length <= maxAnnotationsLength) annotations[lastAppliedAnnotation] = text;
  else delete annotations[lastAppliedAnnotation];
}
