// Replays recorded changes of a genuine server: the object and its managedFields have to come out the same.

import { expect, test } from 'bun:test';
import changes from '../../fixtures/changes.json';
import creates from '../../fixtures/creates.json';
import { applySchemaDefaults, decodeCustomObject, decodeObject } from '../decode/index.ts';
import { applyDefaults } from '../defaults/index.ts';
import type { JsonObject } from '../json.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from '../patch/index.ts';
import { Definitions, type ObjectSchema, parseApiVersion, structuralSchema } from '../schema/index.ts';
import { applyConfiguration, type FieldManagerContext, trackUpdate } from './index.ts';

const definitions = new Definitions();

interface Entry {
  manager: string;
  operation: string;
  subresource?: string;
  time?: string;
}

interface Recorded {
  metadata: JsonObject & { managedFields?: Entry[] };
  [field: string]: unknown;
}

function kindOf(object: JsonObject) {
  return { ...parseApiVersion(String(object.apiVersion)), kind: String(object.kind) };
}

const gadgets = creates.find(({ case: name }) => name === '12-crd')?.answer as
  | { spec: { versions: { schema: JsonObject }[] } }
  | undefined;
const gadgetSchema = structuralSchema(
  gadgets?.spec.versions[0]?.schema.openAPIV3Schema,
  definitions.definition('meta.v1.ObjectMeta'),
);

function schemaFor(object: JsonObject): ObjectSchema {
  return definitions.schemaOf(kindOf(object)) ?? gadgetSchema;
}

function finish(schema: ObjectSchema, value: unknown): JsonObject {
  const decode = schema === gadgetSchema ? decodeCustomObject : decodeObject;
  const decoded = decode(schema, structuredClone(value), { listStrictErrors: false });
  if (decoded.kind === 'malformed') throw new Error(decoded.message);
  applyDefaults(kindOf(decoded.object), decoded.object);
  if (schema === gadgetSchema) applySchemaDefaults(schema, decoded.object);
  return decoded.object;
}

const setByServer = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'name', 'namespace'];

function comparable(object: JsonObject): unknown {
  const metadata = Object.entries(object.metadata as JsonObject).filter(
    ([name]) => !setByServer.includes(name),
  );
  return { ...object, metadata: Object.fromEntries(metadata) };
}

for (const { case: name, body, answer } of creates) {
  const schema = schemaFor(JSON.parse(body) as JsonObject);
  test(`who owns what after creating ${name}`, () => {
    const object = finish(schema, JSON.parse(body));
    const expected =
      (answer as Recorded).metadata.managedFields?.filter(({ manager }) => manager === 'apicheck') ?? [];
    const context = {
      schema,
      apiVersion: String(answer.apiVersion),
      manager: 'apicheck',
      time: expected[0]?.time ?? '',
      resetFields: ['status'],
    };
    trackUpdate(context, undefined, object);
    expect((object as unknown as Recorded).metadata.managedFields).toEqual(expected);
  });
}

/** What controllers did between two recorded requests: their entries, annotations and status. */
function withControllers(before: Recorded, answer: Recorded): Recorded {
  const isController = ({ manager }: Entry): boolean => manager === 'kube-controller-manager';
  const own = (before.metadata.managedFields ?? []).filter((entry) => !isController(entry));
  const theirs = (answer.metadata.managedFields ?? []).filter(isController);
  const { annotations } = answer.metadata;
  const metadata = {
    ...before.metadata,
    managedFields: [...own, ...theirs],
    ...(annotations === undefined ? {} : { annotations }),
  };
  const spec = answer.kind === 'Node' ? { spec: answer.spec } : {};
  const status = theirs.length > 0 && answer.kind !== 'Node' ? { status: answer.status } : {};
  return structuredClone({ ...before, metadata, ...spec, ...status });
}

const current = new Map<string, Recorded>();
for (const { path, answer } of creates) {
  current.set(`${path}/${(answer as Recorded).metadata.name}`, answer as unknown as Recorded);
}

function patchedObject(contentType: string, before: Recorded, patch: unknown, schema: ObjectSchema): unknown {
  if (contentType === 'application/json') return patch;
  if (contentType === 'application/merge-patch+json') return applyMergePatch(before, patch);
  const result =
    contentType === 'application/json-patch+json'
      ? applyJsonPatch(structuredClone(before), patch)
      : applyStrategicMergePatch(structuredClone(before), patch, schema);
  if (result.kind === 'refused') throw new Error(result.message);
  return result.object;
}

for (const change of changes) {
  const answer = change.answer as unknown as Recorded;
  const [place = '', query = ''] = change.path.split('?');
  const subresource = place.endsWith('/status') ? 'status' : '';
  const key = place.replace(/\/status$/, '');
  const patch: unknown = JSON.parse(change.body);
  const parameters = new URLSearchParams(query);
  const kept = current.get(key);
  if (change.status < 300) current.set(key, answer);
  const schema = schemaFor((kept ?? (patch as JsonObject)) as JsonObject);
  const apiVersion = String((kept ?? (patch as JsonObject)).apiVersion);
  const manager = parameters.get('fieldManager') ?? 'apicheck';
  const isApply = change.contentType === 'application/apply-patch+yaml';

  test(`${change.case} as a genuine server answers it`, () => {
    const before = kept === undefined || change.status >= 300 ? kept : withControllers(kept, answer);
    const entry = answer.metadata.managedFields?.find(
      (one) =>
        one.manager === manager &&
        (one.operation === 'Apply') === isApply &&
        (one.subresource ?? '') === subresource,
    );
    const time = change.case.endsWith('-same') ? 'never' : (entry?.time ?? 'never');
    const resetFields = schema.fields.has('status') ? [subresource === 'status' ? 'spec' : 'status'] : [];
    const context: FieldManagerContext = { schema, apiVersion, manager, subresource, time, resetFields };
    if (isApply) {
      const force = parameters.get('force') === 'true';
      const result = applyConfiguration(context, { live: before, configuration: patch as JsonObject, force });
      if (result.kind === 'conflict') {
        expect(result.message).toBe(String(answer.message));
        expect(result.causes as unknown).toEqual((answer.details as JsonObject).causes);
      } else if (result.kind === 'applied')
        expect(comparable(finish(schema, result.object))).toEqual(comparable(answer));
      else throw new Error(result.message);
      return;
    }
    if (before === undefined) throw new Error('nothing to change');
    const object = finish(schema, patchedObject(change.contentType, before, patch, schema));
    if (subresource === 'status') object.spec = before.spec;
    else if (before.status !== undefined) object.status = before.status;
    trackUpdate(context, before, object);
    expect(comparable(object)).toEqual(comparable(answer));
  });
}
