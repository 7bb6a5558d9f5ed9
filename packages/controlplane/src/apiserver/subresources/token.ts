// Tokens for service accounts, bound to what they die with.
// Source: KEP-1205; k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go.

import type { KubeObject, Pod, TokenRequest } from '@selvedge/kubernetes';
import { restrictNodeToken } from '../admission/node-pods.ts';
import { type Answer, jsonAnswer } from '../api-request.ts';
import type { TokenClaims } from '../authentication/service-account-tokens.ts';
import { decodeObject } from '../object-decoder.ts';
import { timestamp } from '../object-meta.ts';
import { readWriteOptions } from '../query-options.ts';
import { storageKey } from '../registry/resource.ts';
import { refuse, type StatusCause } from '../status-error.ts';
import { decodeStored } from '../stored-object.ts';
import type { VerbCall } from '../verbs/target.ts';

const requestType = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
const defaultSeconds = 3_600;
const minSeconds = 600;
const maxSeconds = 2 ** 32;
const boundCollections: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };

export async function createToken(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name } = target;
  const options = readWriteOptions(request.query, 'CreateOptions', request.headers['user-agent'] ?? '');
  const given = decodeObject({
    schemas: context.schemas,
    type: requestType,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn: (text) => void request.warnings.push(text),
  });
  const entry = context.store.latest(resource.collection, storageKey(namespace, name));
  if (!entry) throw refuse.notFound(resource, name);
  const { spec } = given as unknown as TokenRequest;
  restrictNodeToken(call, spec);
  const expirationSeconds = checkedSeconds(spec?.expirationSeconds ?? defaultSeconds);
  const audiences = spec?.audiences?.length ? spec.audiences : [context.tokens.issuer];
  const { token, expiresAtMs } = context.tokens.issue({
    audiences,
    expirationSeconds,
    namespace,
    account: { name, uid: entry.header.uid },
    ...boundClaims(call, spec?.boundObjectRef),
  });
  return jsonAnswer(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(context.clock.now()) },
    spec: { ...spec, audiences, expirationSeconds, boundObjectRef: spec?.boundObjectRef ?? null },
    status: { token, expirationTimestamp: timestamp(expiresAtMs) },
  });
}

function checkedSeconds(seconds: number): number {
  const field = 'spec.expirationSeconds';
  const causes: StatusCause[] = [];
  const refuseBecause = (why: string) =>
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${seconds}: ${why}`, field });
  if (seconds < minSeconds) refuseBecause('may not specify a duration less than 10 minutes');
  if (seconds > maxSeconds) refuseBecause('may not specify a duration larger than 2^32 seconds');
  if (causes.length > 0) throw refuse.invalid(requestType, '', causes);
  return seconds;
}

type BoundReference = NonNullable<TokenRequest['spec']>['boundObjectRef'];

function boundClaims(
  { context, target }: VerbCall,
  reference: BoundReference,
): Pick<TokenClaims, 'bound' | 'node'> {
  if (!reference) return {};
  const { apiVersion = '', kind = '', name = '', uid } = reference;
  const collection = boundCollections[kind];
  if (!collection)
    throw refuse.badRequest(`cannot bind token to object of type /${apiVersion}, Kind=${kind}`);
  const entry = context.store.latest(collection, kind === 'Node' ? name : storageKey(target.namespace, name));
  const type = { group: '', resource: collection };
  if (!entry) throw refuse.notFound(type, name);
  if (uid && uid !== entry.header.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw refuse.conflict(type, name, why);
  }
  const bound = { kind: kind as 'Pod', name, uid: entry.header.uid };
  if (kind !== 'Pod') return { bound };
  const resource = context.registry.find('', 'v1', 'pods');
  const pod = resource ? (decodeStored(resource, entry) as KubeObject & Pod) : undefined;
  const account = pod?.spec?.serviceAccountName ?? '';
  if (account !== target.name) {
    throw refuse.badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(target.name)} to pod running with different serviceaccount name.`,
    );
  }
  const node = pod?.spec?.nodeName;
  const nodeUid = node ? context.store.latest('nodes', node)?.header.uid : undefined;
  return { bound, ...(node ? { node: { name: node, ...(nodeUid ? { uid: nodeUid } : {}) } } : {}) };
}
