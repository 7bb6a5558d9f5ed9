// The kinds that are questions: created to be answered at once, never stored.

import { apiVersionOf, type KubeObject } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import type { User } from '../authentication/user.ts';
import type { Attributes } from '../authorization/attributes.ts';
import type { ApiContext } from '../context.ts';
import { trackWrite } from '../managed-fields.ts';
import { decodeObject } from '../object-decoder.ts';
import { metaOf } from '../object-meta.ts';
import { readWriteOptions } from '../query-options.ts';
import type { Resource } from '../registry/resource.ts';
import { refuse, type StatusCause } from '../status-error.ts';
import type { VerbCall } from '../verbs/target.ts';

type Reviewer = (call: VerbCall, review: KubeObject) => object;

const reviewers: Readonly<Record<string, Reviewer>> = {
  'selfsubjectaccessreviews.authorization.k8s.io': (call, review) =>
    accessOf(call.context, call.request.user, specOf(review)),
  'subjectaccessreviews.authorization.k8s.io': reviewAccess,
  'localsubjectaccessreviews.authorization.k8s.io': reviewAccess,
  'selfsubjectrulesreviews.authorization.k8s.io': reviewRules,
  'tokenreviews.authentication.k8s.io': reviewToken,
  'selfsubjectreviews.authentication.k8s.io': ({ request }) => ({ userInfo: userInfo(request.user) }),
};

/** Undefined for what is stored like anything else. */
export function reviewerOf({ group, resource }: Pick<Resource, 'group' | 'resource'>): Reviewer | undefined {
  return reviewers[`${resource}.${group}`];
}

export async function answerReview(call: VerbCall, reviewer: Reviewer): Promise<Answer> {
  const { context, request, target } = call;
  const options = readWriteOptions(request.query, 'CreateOptions', request.headers['user-agent'] ?? '');
  const review = decodeObject({
    schemas: context.schemas,
    type: target.resource,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn: (text) => void request.warnings.push(text),
  });
  const { resource } = target;
  const manager = { schemas: context.schemas, resource, fieldManager: options.fieldManager, subresource: '' };
  trackWrite({ ...manager, nowMs: context.clock.now() }, undefined, review);
  const { kind, apiVersion, metadata, ...rest } = review;
  const status = reviewer(call, review);
  return jsonAnswer(201, {
    kind,
    apiVersion: apiVersion ?? apiVersionOf(resource),
    metadata: { creationTimestamp: null, ...metadata },
    ...rest,
    status,
  });
}

interface Spec {
  readonly resourceAttributes?: Partial<
    Record<'namespace' | 'verb' | 'group' | 'resource' | 'subresource' | 'name', string>
  >;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly namespace?: string;
  readonly token?: string;
  readonly audiences?: readonly string[];
}

function specOf(review: KubeObject): Spec {
  return (review.spec ?? {}) as Spec;
}

function reviewAccess({ context, target }: VerbCall, review: KubeObject): object {
  const spec = specOf(review);
  const causes = [...checkAttributes(spec), ...checkSubject(spec), ...checkReviewed(spec, target.namespace)];
  if (causes.length > 0) {
    // Kubernetes leaves the kind out of these refusals.
    throw refuse.invalid({ group: target.resource.group, kind: '' }, metaOf(review).name ?? '', causes);
  }
  const user = {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.extra ? { extra: spec.extra } : {}),
  };
  return accessOf(context, user, spec);
}

function checkAttributes({ resourceAttributes, nonResourceAttributes }: Spec): StatusCause[] {
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  if (resourceAttributes && nonResourceAttributes)
    return [
      invalidCause(
        'spec.nonResourceAttributes',
        'cannot be specified in combination with resourceAttributes',
      ),
    ];
  return resourceAttributes || nonResourceAttributes
    ? []
    : [invalidCause('spec.resourceAttributes', `"null": ${why}`)];
}

function checkSubject({ user, groups }: Spec): StatusCause[] {
  if (user || groups?.length) return [];
  return [invalidCause('spec.user', '"": at least one of user or group must be specified')];
}

/** A local review is about its own namespace. */
function checkReviewed({ resourceAttributes }: Spec, namespace: string): StatusCause[] {
  const asked = resourceAttributes?.namespace ?? '';
  if (namespace === '' || asked === namespace) return [];
  return [
    invalidCause(
      'spec.resourceAttributes.namespace',
      `${JSON.stringify(asked)}: must match metadata.namespace`,
    ),
  ];
}

function invalidCause(field: string, detail: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${detail}`, field };
}

function accessOf(context: ApiContext, user: User, spec: Spec): object {
  const { kind, reason } = context.authorizer.decide(user, attributesOf(spec));
  return { allowed: kind === 'allow', ...(reason === '' ? {} : { reason }) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: Spec): Attributes {
  if (!resourceAttributes) {
    return { kind: 'path', verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  }
  const {
    verb = '',
    group = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes;
  return { kind: 'resource', verb, group, resource, subresource, namespace, name };
}

function reviewRules({ context, request }: VerbCall, review: KubeObject): object {
  const rules = context.authorizer.rbac.rulesOf(request.user, specOf(review).namespace ?? '');
  return {
    resourceRules: rules.filter((rule) => rule.resources),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
}

function reviewToken({ context }: VerbCall, review: KubeObject): object {
  const { token = '', audiences } = specOf(review);
  if (token === '') throw refuse.badRequest('token is required for TokenReview in authentication');
  const wanted = audiences?.length ? audiences : [context.tokens.issuer];
  const verified = context.tokens.verify(token, wanted);
  if (!verified) return { user: {}, error: 'invalid bearer token' };
  const good = verified.audiences.filter((one) => wanted.includes(one));
  return { authenticated: true, user: userInfo(verified.user), audiences: good };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return { username: name, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}
