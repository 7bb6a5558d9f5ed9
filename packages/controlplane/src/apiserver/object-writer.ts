// Creates and updates objects: the one path on which everything that is stored gets its metadata, defaults and checks.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Entry } from '../store/types.ts';
import type { ApiContext } from './context.ts';
import { type FieldManagerOf, trackWrite } from './managed-fields.ts';
import { isReadyToGo, removeFinished, sameContent, storeObject } from './object-commit.ts';
import { checkUpdatedMeta, fillNewMeta, keepOldMeta, metaOf, settleNamespace } from './object-meta.ts';
import { keepOtherParts } from './object-parts.ts';
import { applyDefaults, validateCreate, validateUpdate } from './object-rules.ts';
import type { Resource } from './registry/resource.ts';
import { storageKey } from './registry/resource.ts';
import type { StrategyContext } from './registry/strategy.ts';
import { refuse } from './status-error.ts';
import { decodeStored } from './stored-object.ts';
import type { WriteOptions } from './write-options.ts';

export interface CreateRequest {
  readonly resource: Resource;
  readonly namespace: string;
  readonly object: KubeObject;
  /** Set by server-side apply, which has computed them itself. */
  readonly managedFieldsAreFinal?: boolean;
}

export interface WrittenObject {
  readonly entry: Entry;
  readonly created: boolean;
}

export async function createObject(
  context: ApiContext,
  { resource, namespace, object, managedFieldsAreFinal }: CreateRequest,
  options: WriteOptions,
): Promise<WrittenObject> {
  settleNamespace(resource, object, namespace);
  const strategyContext = strategyContextOf(context, options);
  fillNewMeta(resource, object, { nowMs: context.clock.now(), uid: context.randomUuid() });
  applyDefaults(context.schemas, resource, object);
  if (!managedFieldsAreFinal) trackWrite(managerOf(context, resource, options), undefined, object);
  if (resource.strategy.status && !keepsStatusOnCreate(resource)) resetStatus(context, resource, object);
  resource.strategy.prepareForCreate?.(object, strategyContext);
  const admitted = {
    context,
    resource,
    namespace,
    object,
    old: undefined,
    options,
    operation: 'CREATE',
  } as const;
  context.admission.mutate(admitted);
  const causes = [...validateCreate(resource, object), ...(resource.strategy.validateCreate?.(object) ?? [])];
  if (causes.length > 0) throw refuse.invalid(resource, metaOf(object).name ?? '', causes);
  const undo = context.admission.allocate(admitted);
  try {
    context.admission.validate(admitted);
    const name = metaOf(object).name ?? '';
    return {
      entry: await storeObject(context, { resource, object, namespace, name, old: undefined }, options),
      created: true,
    };
  } catch (error) {
    undo();
    throw error;
  } finally {
    if (options.dryRun) undo();
  }
}

/** A new object's status is what Go writes of an unset one: mostly `{}`, with custom resources nothing. */
function resetStatus({ schemas }: ApiContext, resource: Resource, object: KubeObject): void {
  const unset = schemas.schemaOf(resource)?.fields.get('status')?.whenUnset?.();
  if (unset === undefined) delete object.status;
  else object.status = unset as KubeObject[string];
}

/** `status` is dropped on create; the kinds whose clients register with one are the exception. */
function keepsStatusOnCreate(resource: Resource): boolean {
  return resource.group === '' && resource.resource === 'nodes';
}

export interface UpdateRequest {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Makes the new object of the old one, which it may change; undefined old: there is none. */
  readonly change: (old: KubeObject | undefined) => KubeObject;
  readonly createIfAbsent?: boolean;
  /** Of a whole object its uid is a precondition; a patch that changes it is wrong in itself. */
  readonly isPatch?: boolean;
  readonly managedFieldsAreFinal?: boolean;
  /** Whether the change may set what `change` alone decides: server-internal writes. */
  readonly keepDeletion?: boolean;
}

export async function updateObject(
  context: ApiContext,
  request: UpdateRequest,
  options: WriteOptions,
): Promise<WrittenObject> {
  const { resource, namespace, name } = request;
  const entry = context.store.latest(resource.collection, storageKey(namespace, name));
  if (!entry) {
    if (!request.createIfAbsent) throw refuse.notFound(resource, name);
    requireCreate(context, request, options);
    const { managedFieldsAreFinal } = request;
    const object = request.change(undefined);
    const created = {
      resource,
      namespace,
      object,
      ...(managedFieldsAreFinal ? { managedFieldsAreFinal } : {}),
    };
    return createObject(context, created, options);
  }
  const old = decodeStored(resource, entry);
  const object = request.change(structuredClone(old));
  checkIdentity(request, object, old);
  const prepared = prepareUpdate(context, { request, object, old, options });
  if (sameContent(object, old)) {
    // The version that it shows may be another's write that is still on its way to the disk.
    await context.store.durable(entry.revision);
    return { entry, created: false };
  }
  if (isReadyToGo(object, old)) {
    return { entry: await removeFinished(context, { resource, object, entry }, options), created: false };
  }
  try {
    return {
      entry: await storeObject(context, { resource, object, namespace, name, old: entry }, options),
      created: false,
    };
  } catch (error) {
    prepared.undo();
    throw error;
  } finally {
    if (options.dryRun) prepared.undo();
  }
}

/** A write that creates asks for both verbs: the one on the path was checked when the request came. */
function requireCreate(
  { authorizer }: ApiContext,
  { resource, namespace, name }: UpdateRequest,
  { user }: WriteOptions,
): void {
  const { group, resource: plural } = resource;
  const asked = { verb: 'create', group, resource: plural, subresource: '', namespace, name };
  const decision = authorizer.decide(user, { kind: 'resource', ...asked });
  if (decision.kind !== 'allow') throw refuse.forbidden(resource, name, decision.reason);
}

function prepareUpdate(
  context: ApiContext,
  {
    request,
    object,
    old,
    options,
  }: { request: UpdateRequest; object: KubeObject; old: KubeObject; options: WriteOptions },
): { undo: () => void } {
  const { resource, namespace } = request;
  const subresource = options.subresource ?? '';
  keepOtherParts(resource, { object, old, subresource });
  keepOldMeta(resource, object, old);
  applyDefaults(context.schemas, resource, object);
  const isTracked = subresource !== 'ephemeralcontainers' && !request.managedFieldsAreFinal;
  if (isTracked) trackWrite(managerOf(context, resource, options), old, object);
  resource.strategy.prepareForUpdate?.(object, old, strategyContextOf(context, options));
  const admitted = { context, resource, namespace, object, old, options, operation: 'UPDATE' } as const;
  context.admission.mutate(admitted);
  const causes = [
    ...checkUpdatedMeta(object, old),
    ...validateUpdate(resource, object, old, subresource),
    ...(resource.strategy.validateUpdate?.(object, old) ?? []),
  ];
  if (causes.length > 0) throw refuse.invalid(resource, request.name, causes);
  const undo = context.admission.allocate(admitted);
  context.admission.validate(admitted);
  return { undo };
}

function checkIdentity(
  { resource, name, isPatch }: UpdateRequest,
  object: KubeObject,
  old: KubeObject,
): void {
  const meta = metaOf(object);
  const before = metaOf(old);
  if (meta.name === undefined || meta.name === '') meta.name = name;
  if (before.namespace) meta.namespace = before.namespace;
  if (isPatch && meta.uid !== before.uid) {
    const message = `Invalid value: ${JSON.stringify(meta.uid ?? '')}: field is immutable`;
    throw refuse.invalid(resource, name, [{ reason: 'FieldValueInvalid', message, field: 'metadata.uid' }]);
  }
  if (meta.uid && meta.uid !== before.uid) {
    const key = `/registry/${resource.resource}/${storageKey(before.namespace ?? '', name)}`;
    const why = `Precondition failed: UID in precondition: ${meta.uid}, UID in object meta: ${before.uid}`;
    throw refuse.conflict(
      resource,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    );
  }
  if (
    meta.resourceVersion &&
    meta.resourceVersion !== '0' &&
    meta.resourceVersion !== before.resourceVersion
  ) {
    throw refuse.conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  meta.resourceVersion = before.resourceVersion as string;
}

function managerOf(context: ApiContext, resource: Resource, options: WriteOptions): FieldManagerOf {
  const { fieldManager = 'unknown', subresource = '' } = options;
  return { schemas: context.schemas, resource, fieldManager, subresource, nowMs: context.clock.now() };
}

function strategyContextOf(context: ApiContext, options: WriteOptions): StrategyContext {
  return {
    nowMs: context.clock.now(),
    dryRun: options.dryRun ?? false,
    userName: options.user.name,
    userGroups: options.user.groups,
    subresource: options.subresource ?? '',
    warn: (text) => options.warn?.(text),
  };
}
