// Who owns which field: kept up on every create and update, and decided by server-side apply.

import { cloneJson, goValue, isJsonObject, type JsonObject } from '../json.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { appliedSet, schemaErrors } from './applied-set.ts';
import { type Comparison, compareObjects, isSame } from './compare.ts';
import { type Conflict, type ConflictCause, describeConflicts } from './conflicts.ts';
import {
  difference,
  emptySet,
  type FieldSet,
  FieldSetBuilder,
  intersection,
  isEmptySet,
  recursiveDifference,
  union,
} from './field-set.ts';
import { allowedByLastApplied, refreshLastApplied } from './last-applied.ts';
import {
  capUpdateManagers,
  isReset,
  isSameManager,
  type ManagedEntry,
  type ManagerId,
  readManagedFields,
  unownedFields,
  writeManagedFields,
} from './managed-fields.ts';
import { mergeConfiguration } from './merge.ts';
import { prune } from './prune.ts';

export interface FieldManagerContext {
  readonly schema: ObjectSchema;
  /** Of the request: `apps/v1`. */
  readonly apiVersion: string;
  /** The request's fieldManager, or what its user agent stands for. */
  readonly manager: string;
  /** '' or absent for the object itself. */
  readonly subresource?: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  /** Dotted paths that a write here can not change, so that nobody comes to own them: `status`, or `spec` on `/status`. */
  readonly resetFields?: readonly string[];
}

export type ApplyResult =
  | { readonly kind: 'applied'; readonly object: JsonObject; readonly changed: boolean }
  | { readonly kind: 'conflict'; readonly message: string; readonly causes: readonly ConflictCause[] }
  | { readonly kind: 'refused'; readonly status: 400 | 500; readonly message: string };

/**
 * Sets `metadata.managedFields` of an object that is about to be written (created when `live` is undefined), after
 * decoding and defaulting and before admission.
 */
export function trackUpdate(
  context: FieldManagerContext,
  live: JsonObject | undefined,
  object: JsonObject,
): void {
  const known = knownEntries(context, live, object);
  if (known.length === 0 && live !== undefined) {
    writeManagedFields(object, []);
    return;
  }
  const entries = updateEntries(context, known, live ?? unsetObject(context.schema), object);
  writeManagedFields(object, capUpdateManagers(entries));
}

/** Entries that the request carries count, so that a client may drop one; but not by way of a subresource. */
function knownEntries(
  context: FieldManagerContext,
  live: JsonObject | undefined,
  object: JsonObject,
): readonly ManagedEntry[] {
  if (!context.subresource) {
    if (isReset(object)) return [];
    const sent = readManagedFields(object);
    if (sent !== undefined && sent.length > 0) return sent;
  }
  return readManagedFields(live) ?? [];
}

/** An object of a kind as Go makes it, with nothing set. */
function unsetObject(schema: ObjectSchema): JsonObject {
  const object: JsonObject = {};
  for (const field of schema.written) object[field.name] = field.whenUnset?.();
  return object;
}

function updateEntries(
  context: FieldManagerContext,
  known: readonly ManagedEntry[],
  live: JsonObject,
  object: JsonObject,
): ManagedEntry[] {
  const comparison = compareObjects(context.schema, live, object);
  if (isSame(comparison)) return [...known];
  const ignored = pathsToSet(context.resetFields ?? []);
  const set = union(comparison.modified, comparison.added);
  const own = difference(recursiveDifference(set, ignored), unownedFields);
  const changed = without(comparison, ignored);
  const others = withoutSets(known, union(union(changed.modified, changed.added), changed.removed));
  if (isEmptySet(own)) return others;
  const self = managerId(context, 'Update');
  const previous = others.find((entry) => isSameManager(entry, self));
  const entry = { ...self, time: context.time, set: previous === undefined ? own : union(own, previous.set) };
  return [...others.filter((other) => other !== previous), entry];
}

function managerId(context: FieldManagerContext, operation: 'Apply' | 'Update'): ManagerId {
  const { manager, apiVersion, subresource = '' } = context;
  return { manager: manager === '' ? 'unknown' : manager, operation, apiVersion, subresource };
}

function pathsToSet(paths: readonly string[]): FieldSet {
  if (paths.length === 0) return emptySet;
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.insert(path.split('.').map((name) => `f:${name}`));
  return builder.build();
}

function without(comparison: Comparison, ignored: FieldSet): Comparison {
  if (isEmptySet(ignored)) return comparison;
  return {
    added: recursiveDifference(comparison.added, ignored),
    removed: recursiveDifference(comparison.removed, ignored),
    modified: recursiveDifference(comparison.modified, ignored),
  };
}

function withoutSets(entries: readonly ManagedEntry[], set: FieldSet): ManagedEntry[] {
  return entries.map((entry) => {
    const kept = difference(entry.set, set);
    return kept === entry.set ? entry : { ...entry, set: kept };
  });
}

export interface Application {
  /** The object as it is stored; undefined when the apply creates it. */
  readonly live: JsonObject | undefined;
  /** The configuration as sent: parsed, not decoded. */
  readonly configuration: JsonObject;
  readonly force: boolean;
}

/**
 * Server-side apply. The applied object is merged and pruned but neither decoded nor defaulted: the caller does that, and
 * keeps its managedFields. Nothing given is changed.
 */
export function applyConfiguration(context: FieldManagerContext, application: Application): ApplyResult {
  const result = applyOnce(context, application);
  if (context.manager !== 'kubectl') return result;
  if (result.kind === 'applied') {
    refreshLastApplied(result.object, application.configuration);
    return result;
  }
  // `kubectl apply --server-side` takes over what `kubectl apply` itself wrote before.
  if (result.kind !== 'conflict' || application.live === undefined) return result;
  const allowed = allowedByLastApplied(context.schema, application.live);
  if (allowed === undefined) return result;
  const rest = applyOnce(context, application, allowed);
  if (rest.kind === 'applied') refreshLastApplied(rest.object, application.configuration);
  return rest;
}

/** `allowed`: fields that may be taken from others without force. */
function applyOnce(context: FieldManagerContext, application: Application, allowed = emptySet): ApplyResult {
  const { schema, apiVersion } = context;
  const { configuration } = application;
  const refusal = refuseConfiguration(context, configuration);
  if (refusal !== undefined) return refusal;
  const live = application.live ?? unsetObject(schema);
  const known = readManagedFields(application.live) ?? [];
  const before =
    known.length === 0 && application.live !== undefined
      ? updateEntries(
          { ...context, manager: 'before-first-apply', apiVersion },
          [],
          unsetObject(schema),
          live,
        )
      : known;
  const self = managerId(context, 'Apply');
  const last = before.find((entry) => isSameManager(entry, self));
  const others = before.filter((entry) => entry !== last);
  const ignored = pathsToSet(context.resetFields ?? []);
  const set = recursiveDifference(appliedSet(schema, configuration), ignored);
  const merged = mergeConfiguration(schema, live, configuration);
  const owned = others.reduce((all, entry) => union(all, entry.set), set);
  const object = last === undefined ? merged : prune({ schema, merged, last: last.set, owned });
  const comparison = compareObjects(schema, live, object);
  const taken = without(comparison, ignored);
  const changed = union(taken.modified, taken.added);
  const conflicts = conflictsWith(others, changed, allowed);
  if (!application.force && conflicts.length > 0)
    return { kind: 'conflict', ...describeConflicts(conflicts) };
  const isChanged = !isSame(comparison);
  const time = isChanged ? context.time : last?.time;
  const entry: ManagedEntry = { ...self, time, set: difference(set, unownedFields) };
  const result = copyForWriting(isChanged ? object : live);
  writeManagedFields(result, [...withoutSets(others, union(changed, taken.removed)), entry]);
  return { kind: 'applied', object: result, changed: isChanged };
}

function copyForWriting(object: JsonObject): JsonObject {
  const metadata = isJsonObject(object.metadata) ? { ...object.metadata } : {};
  delete metadata.managedFields;
  return cloneJson({ ...object, metadata });
}

function conflictsWith(others: readonly ManagedEntry[], changed: FieldSet, allowed: FieldSet): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const owner of others) {
    const set = difference(intersection(owner.set, changed), allowed);
    if (!isEmptySet(set)) conflicts.push({ owner, set });
  }
  return conflicts;
}

function refuseConfiguration(
  { schema, apiVersion }: FieldManagerContext,
  configuration: JsonObject,
): Extract<ApplyResult, { kind: 'refused' }> | undefined {
  if (configuration.apiVersion !== apiVersion) {
    const message = `Incorrect version specified in apply patch. Specified patch version: ${goValue(configuration.apiVersion)}, expected: ${apiVersion}`;
    return { kind: 'refused', status: 400, message };
  }
  const metadata = isJsonObject(configuration.metadata) ? configuration.metadata : {};
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    return { kind: 'refused', status: 400, message: 'metadata.managedFields must be nil' };
  }
  const errors = schemaErrors(schema, configuration);
  if (errors.length === 0) return undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const what = `${text(metadata.namespace)}/${text(metadata.name)}; ${groupVersion}, Kind=${text(configuration.kind)}`;
  const list = errors.length === 1 ? errors[0] : `errors:\n${errors.map((error) => `  ${error}`).join('\n')}`;
  return { kind: 'refused', status: 500, message: `failed to create typed patch object (${what}): ${list}` };
}
