// Service-account tokens: signed JWTs as Kubernetes issues them, and the users they make.

import { createHash, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import type { Clock } from '@selvedge/base';
import type { Store } from '../../store/store-contract.ts';
import { serviceAccountUser, type User } from './user.ts';

export interface TokenClaims {
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
  readonly namespace: string;
  readonly account: { readonly name: string; readonly uid: string };
  /** What the token dies with, besides its account. */
  readonly bound?: { readonly kind: 'Pod' | 'Secret' | 'Node'; readonly name: string; readonly uid: string };
  /** The node that the bound pod is on. */
  readonly node?: { readonly name: string; readonly uid?: string };
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface VerifiedToken {
  readonly user: User;
  readonly audiences: readonly string[];
}

export interface ServiceAccountTokensOptions {
  readonly key: KeyObject;
  readonly issuer: string;
  readonly store: Store;
  readonly clock: Clock;
}

const maxTokenLength = 16 * 1024;
/** What a checked token is remembered for: its signature is not verified again each time. */
const maxRemembered = 10_000;

interface Payload {
  aud?: string | string[];
  exp?: number;
  nbf?: number;
  iss?: string;
  sub?: string;
  jti?: string;
  'kubernetes.io'?: {
    namespace?: string;
    serviceaccount?: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    node?: { name: string; uid?: string };
  };
}

export class ServiceAccountTokens {
  readonly issuer: string;
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #verified = new Map<string, Payload>();

  constructor({ key, issuer, store, clock }: ServiceAccountTokensOptions) {
    this.issuer = issuer;
    this.#key = key;
    this.#publicKey = createPublicKey(key as never);
    const der = this.#publicKey.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha256').update(der).digest('base64url');
    this.#store = store;
    this.#clock = clock;
  }

  issue(claims: TokenClaims): IssuedToken {
    const now = Math.floor(this.#clock.now() / 1000);
    const expires = now + claims.expirationSeconds;
    const { bound, node } = claims;
    const payload: Payload = {
      aud: [...claims.audiences],
      exp: expires,
      ...{ iat: now },
      iss: this.issuer,
      jti: randomUUID(),
      'kubernetes.io': {
        namespace: claims.namespace,
        ...(node ? { node } : {}),
        ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
        serviceaccount: { name: claims.account.name, uid: claims.account.uid },
      },
      nbf: now,
      sub: `system:serviceaccount:${claims.namespace}:${claims.account.name}`,
    };
    const signed = `${encode({ alg: 'ES256', kid: this.#keyId })}.${encode(payload)}`;
    return { token: `${signed}.${this.#sign(signed)}`, expiresAtMs: expires * 1000 };
  }

  /** The token's user, when it is ours, valid now, for one of the audiences, and what it is bound to still lives. */
  verify(token: string, audiences: readonly string[]): VerifiedToken | undefined {
    const payload = this.#read(token);
    if (!payload) return undefined;
    const nowSeconds = this.#clock.now() / 1000;
    if ((payload.exp ?? 0) <= nowSeconds || (payload.nbf ?? 0) > nowSeconds + 60) return undefined;
    const held = typeof payload.aud === 'string' ? [payload.aud] : (payload.aud ?? []);
    const common = held.filter((audience) => audiences.includes(audience));
    if (common.length === 0) return undefined;
    const { namespace = '', serviceaccount, pod, secret, node } = payload['kubernetes.io'] ?? {};
    if (!serviceaccount || !this.#lives('serviceaccounts', namespace, serviceaccount)) return undefined;
    if (pod && !this.#lives('pods', namespace, pod)) return undefined;
    if (secret && !this.#lives('secrets', namespace, secret)) return undefined;
    const user = serviceAccountUser(namespace, serviceaccount.name, serviceaccount.uid);
    return { user: { ...user, extra: extraOf(payload.jti, pod, node) }, audiences: common };
  }

  configuration(): object {
    return {
      issuer: this.issuer,
      jwks_uri: `${this.issuer}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    };
  }

  keySet(): object {
    const jwk = this.#publicKey.export({ format: 'jwk' });
    return {
      keys: [{ use: 'sig', kty: jwk.kty, kid: this.#keyId, alg: 'ES256', crv: jwk.crv, x: jwk.x, y: jwk.y }],
    };
  }

  #sign(text: string): string {
    return sign('sha256', Buffer.from(text), { key: this.#key, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
  }

  #read(token: string): Payload | undefined {
    const known = this.#verified.get(token);
    if (known) return known;
    const parts = token.split('.');
    if (token.length > maxTokenLength || parts.length !== 3) return undefined;
    const [head = '', body = '', signature = ''] = parts;
    const header = decode(head) as { alg?: string } | undefined;
    if (header?.alg !== 'ES256') return undefined;
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' as const };
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
      return undefined;
    const payload = decode(body) as Payload | undefined;
    if (payload?.iss !== this.issuer) return undefined;
    if (this.#verified.size >= maxRemembered) this.#verified.clear();
    this.#verified.set(token, payload);
    return payload;
  }

  #lives(collection: string, namespace: string, { name, uid }: { name: string; uid: string }): boolean {
    return this.#store.collection(collection).get(`${namespace}/${name}`)?.header.uid === uid;
  }
}

function extraOf(
  jti: string | undefined,
  pod: { name: string; uid: string } | undefined,
  node: { name: string; uid?: string } | undefined,
): Record<string, string[]> {
  const prefix = 'authentication.kubernetes.io';
  return {
    ...(jti ? { [`${prefix}/credential-id`]: [`JTI=${jti}`] } : {}),
    ...(pod ? { [`${prefix}/pod-name`]: [pod.name], [`${prefix}/pod-uid`]: [pod.uid] } : {}),
    ...(node ? { [`${prefix}/node-name`]: [node.name] } : {}),
    ...(node?.uid ? { [`${prefix}/node-uid`]: [node.uid] } : {}),
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
