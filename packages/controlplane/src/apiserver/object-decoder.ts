// From a request's body to an object of the resource: media type, text, kind, fields; refusals worded as Kubernetes words them.

import { isFault } from '@selvedge/base';
import { apiVersionOf, type KubeObject } from '@selvedge/kubernetes';
import {
  decodeCustomObject,
  decodeObject as decodeFields,
  parseJson,
  strictDecodingError,
} from '@selvedge/kubernetes/decode';
import { YAML } from 'bun';
import type { ResourceSchemas, SchemaOwner } from './registry/resource-schemas.ts';
import { refuse } from './status-error.ts';

const mediaTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
} as const;

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

export interface DecodeRequest {
  readonly schemas: ResourceSchemas;
  /** The kind that the body should hold. */
  readonly type: SchemaOwner;
  readonly body: Buffer;
  readonly contentType: string;
  readonly fieldValidation: FieldValidation;
  readonly warn: (text: string) => void;
}

export function decodeObject(request: DecodeRequest): KubeObject {
  const { type, body } = request;
  const mediaType = request.contentType.split(';')[0]?.trim() || mediaTypes.json;
  if (
    !Object.values<string>(mediaTypes).includes(mediaType) ||
    (mediaType === mediaTypes.protobuf && type.custom)
  ) {
    const served = Object.values(mediaTypes).filter((one) => !type.custom || one !== mediaTypes.protobuf);
    throw refuse.unsupportedMediaType(served);
  }
  if (body.length === 0) throw unrecognized('<empty>', type.kind, 'unexpected end of JSON input');
  if (mediaType === mediaTypes.protobuf) return checkKind(decodeProtobuf(request), type);
  const text = body.toString('utf8');
  const object = checkKind(
    mediaType === mediaTypes.yaml ? parseYaml(text, type.kind) : parseObject(text, type.kind),
    type,
  );
  return decodeChecked(request, object, mediaType === mediaTypes.json ? text : undefined);
}

function decodeProtobuf({ schemas, body, type }: DecodeRequest): KubeObject {
  try {
    return schemas.protobuf.decode(body, type);
  } catch (error) {
    if (isFault(error, 'kubernetes/bad-protobuf')) throw refuse.badRequest(error.message);
    throw error;
  }
}

const deleteOptions = { group: 'meta.k8s.io', version: 'v1', kind: 'DeleteOptions' };

/** The options of a deletion, which any group may name as its own. */
export function decodeOptions(request: Pick<DecodeRequest, 'schemas' | 'body' | 'contentType'>): KubeObject {
  if (!request.contentType.startsWith(mediaTypes.protobuf)) {
    return parseObject(request.body.toString('utf8'), deleteOptions.kind);
  }
  const decode = {
    ...request,
    type: deleteOptions,
    fieldValidation: 'Ignore',
    warn: () => undefined,
  } as const;
  return decodeProtobuf(decode);
}

function parseObject(text: string, kind: string): KubeObject {
  const parsed = parseJson(text);
  const isObject = parsed.kind === 'parsed' && isKubeObject(parsed.value);
  if (isObject) return parsed.value as KubeObject;
  throw unrecognized(text, kind, parsed.kind === 'malformed' ? parsed.message : 'it is not an object');
}

function parseYaml(text: string, kind: string): KubeObject {
  let value: unknown;
  try {
    value = YAML.parse(text);
  } catch (error) {
    throw unrecognized(text, kind, (error as Error).message);
  }
  if (isKubeObject(value)) return value;
  throw unrecognized(text, kind, 'it is not an object');
}

function unrecognized(text: string, kind: string, why: string) {
  return refuse.badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why} (${text.slice(0, 200)})`,
  );
}

function isKubeObject(value: unknown): value is KubeObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The kind that the path asks for, also where the body leaves it out. */
export function checkKind(object: KubeObject, type: SchemaOwner): KubeObject {
  const expected = apiVersionOf(type);
  const { kind = type.kind, apiVersion = expected } = object;
  if (kind === type.kind && apiVersion !== expected) {
    throw refuse.badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kind !== type.kind) {
    const version = apiVersion.includes('/') ? (apiVersion.split('/')[1] ?? '') : apiVersion;
    const group = type.group === '' ? 'core' : (type.group.split('.')[0] ?? type.group);
    throw refuse.badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${type.kind}: converting (${version}.${kind}) to (${group}.${type.kind}): unknown conversion`,
    );
  }
  object.kind = type.kind;
  object.apiVersion = expected;
  return object;
}

/** Reads the fields of an object along its schema: wrong types are refused, unknown fields are told as asked. */
function decodeChecked(request: DecodeRequest, object: KubeObject, text: string | undefined): KubeObject {
  const { type } = request;
  const handled = (why: string) =>
    refuse.badRequest(
      `${type.kind} in version ${JSON.stringify(type.version)} cannot be handled as a ${type.kind}: ${why}`,
    );
  return decodeAlongSchema(request, object, { text, refusal: handled });
}

interface AlongSchema {
  /** The JSON text, where there is one: duplicate fields can be told only from it. */
  readonly text?: string | undefined;
  readonly refusal: (why: string) => Error;
}

export function decodeAlongSchema(
  {
    schemas,
    type,
    fieldValidation,
    warn,
  }: Pick<DecodeRequest, 'schemas' | 'type' | 'fieldValidation' | 'warn'>,
  object: KubeObject,
  { text, refusal }: AlongSchema,
): KubeObject {
  const schema = schemas.schemaOf(type);
  if (!schema) return object;
  const options = { listStrictErrors: fieldValidation !== 'Ignore', ...(text === undefined ? {} : { text }) };
  const decoded = type.custom
    ? decodeCustomObject(schema, object, options)
    : decodeFields(schema, object, options);
  if (decoded.kind === 'malformed') throw refusal(decoded.message);
  if (decoded.strictErrors.length > 0) {
    if (fieldValidation === 'Strict') throw refusal(strictDecodingError(decoded.strictErrors));
    for (const error of decoded.strictErrors) warn(error);
  }
  return decoded.object as KubeObject;
}

/** A patch document: any JSON for a JSON or merge patch, an object for the others; YAML for apply. */
export function decodePatch(body: Buffer, type: 'json' | 'merge' | 'strategic' | 'apply'): unknown {
  const text = body.toString('utf8');
  if (type === 'apply') return parseApplied(text);
  const parsed = parseJson(text);
  if (parsed.kind === 'malformed') throw refuse.badRequest(`error decoding patch: ${parsed.message}`);
  if (type === 'json' && !Array.isArray(parsed.value)) {
    throw refuse.badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (type !== 'json' && !isKubeObject(parsed.value)) {
    throw refuse.badRequest('error decoding patch: the patch must be an object');
  }
  return parsed.value;
}

function parseApplied(text: string): unknown {
  try {
    const value: unknown = YAML.parse(text);
    if (isKubeObject(value)) return value;
  } catch (error) {
    throw refuse.badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
  throw refuse.badRequest('error decoding YAML: the configuration must be an object');
}
