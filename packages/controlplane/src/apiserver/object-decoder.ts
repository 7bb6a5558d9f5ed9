// From a request's body to an object of the resource: media type, JSON, kind; refusals worded as Kubernetes words them.

import { apiVersionOf, type KubeObject } from '@selvedge/kubernetes';
import type { Resource } from './registry/resource.ts';
import { refuse } from './status-error.ts';

const acceptedBodies = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export interface DecodeRequest {
  /** The kind that the body should hold. */
  readonly type: Pick<Resource, 'group' | 'version' | 'kind'>;
  readonly body: Buffer;
  readonly contentType: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly warn: (text: string) => void;
}

export function decodeObject(request: DecodeRequest): KubeObject {
  const { type, body } = request;
  const object = parse(request);
  const expected = apiVersionOf(type);
  const { kind = type.kind, apiVersion = expected } = object;
  if (kind !== type.kind || apiVersion !== expected) {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
    const from = `${group === '' ? '' : ''}${version}.${kind}`;
    throw refuse.badRequest(
      `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${type.kind}: converting (${from}) to (${goPackage(type)}.${type.kind}): unknown conversion`,
    );
  }
  if (body.length === 0) throw refuse.badRequest(`the body of the request was empty`);
  object.kind = type.kind;
  object.apiVersion = expected;
  return object;
}

function goPackage({ group }: Pick<Resource, 'group'>): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}

function parse({ type, body, contentType }: DecodeRequest): KubeObject {
  const mediaType = contentType.split(';')[0]?.trim() ?? '';
  if (mediaType !== '' && mediaType !== 'application/json' && mediaType !== 'application/yaml') {
    throw refuse.unsupportedMediaType(acceptedBodies);
  }
  return decodeJson(body, type.kind);
}

export function decodeJson(body: Buffer, kind: string): KubeObject {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as KubeObject;
  } catch {
    // Told below, in Kubernetes' words, as for a value that is no object.
  }
  const shown = body.subarray(0, 200).toString('utf8');
  throw refuse.badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (${shown})`,
  );
}

/** A patch document: any JSON for a JSON or merge patch, an object for the others. */
export function decodePatch(body: Buffer, type: 'json' | 'merge' | 'strategic' | 'apply'): unknown {
  let patch: unknown;
  try {
    patch = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw refuse.badRequest(`error decoding patch: ${(cause as Error).message}`);
  }
  if (type === 'json' && !Array.isArray(patch)) {
    throw refuse.badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (type !== 'json' && (typeof patch !== 'object' || patch === null || Array.isArray(patch))) {
    throw refuse.badRequest('error decoding patch: the patch must be an object');
  }
  return patch;
}
