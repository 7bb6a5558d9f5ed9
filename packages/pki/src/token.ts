// Join tokens in KubeEdge's form: hex(sha256(CA DER)) "." JWT(HS256 with the CA's SEC1 key), so that Go edges take ours and ours theirs.

import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Fault } from '@selvedge/base';
import { type Authority, certificateHash } from './authority.ts';
import { keyToSec1 } from './key.ts';

export interface JoinToken {
  /** What the node pins the CA by; lower-case hex. */
  readonly caHash: string;
  /** The JWT: what the node sends as its bearer. */
  readonly bearer: string;
  readonly expiresAtMs: number;
  /** Names the token in the cloud, so that it can be revoked; tokens of Go KubeEdge have none. */
  readonly id: string | undefined;
}

export interface TokenOptions {
  readonly expiresAtMs: number;
  readonly id?: string;
}

const maxTokenLength = 4_096;
const header = encode({ alg: 'HS256', typ: 'JWT' });

export function createJoinToken(authority: Authority, options: TokenOptions): string {
  const claims: Record<string, unknown> = { exp: Math.floor(options.expiresAtMs / 1000) };
  if (options.id !== undefined) claims.jti = options.id;
  const signed = `${header}.${encode(claims)}`;
  return `${certificateHash(authority.certificate)}.${signed}.${signature(signed, authority.key)}`;
}

/** Takes a token apart without knowing the CA's key, as a node does; faults say which part is wrong. */
export function parseJoinToken(token: string): JoinToken {
  const trimmed = token.trim();
  const parts = trimmed.split('.');
  if (trimmed.length > maxTokenLength || parts.length !== 4) {
    throw new Fault(
      'pki/token-shape',
      `the token has ${parts.length} parts; a token is four parts joined by dots: CA hash and the three of a JWT`,
      { hint: 'copy the whole token that `selvedge token create` prints' },
    );
  }
  const [caHash = '', ...jwt] = parts;
  if (!/^[0-9a-f]{64}$/i.test(caHash)) {
    throw new Fault('pki/token-shape', 'the first part of the token is not a SHA-256 hash of the CA');
  }
  return { caHash: caHash.toLowerCase(), bearer: jwt.join('.'), ...readClaims(jwt.join('.')) };
}

/** Checks the CA that a server showed against the token's pin. */
export function requirePinnedAuthority(token: JoinToken, caCertificate: Uint8Array): void {
  const actual = certificateHash(caCertificate);
  if (actual === token.caHash) return;
  throw new Fault(
    'pki/wrong-ca',
    `the server's CA is ${actual}, the token was made for ${token.caHash}: this is not the cloud that issued the token`,
    { hint: 'check HOST:PORT, or make a new token with `selvedge token create`' },
  );
}

/** Checks a bearer (the JWT part) as the cloud does: shape, signature, expiry. */
export function verifyBearer(
  authority: Authority,
  bearer: string,
  nowMs: number,
): Pick<JoinToken, 'expiresAtMs' | 'id'> {
  const parts = bearer.split('.');
  if (bearer.length > maxTokenLength || parts.length !== 3) {
    throw new Fault('pki/token-shape', `the bearer token has ${parts.length} parts, a JWT has three`);
  }
  const claims = readClaims(bearer);
  const expected = Buffer.from(signature(`${parts[0]}.${parts[1]}`, authority.key), 'latin1');
  const actual = Buffer.from(parts[2] ?? '', 'latin1');
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw new Fault('pki/token-signature', "the token was not signed by this cloud's CA", {
      hint: 'make a new token with `selvedge token create`',
    });
  }
  if (claims.expiresAtMs <= nowMs) {
    throw new Fault(
      'pki/token-expired',
      `the token expired at ${new Date(claims.expiresAtMs).toISOString()}`,
      {
        hint: 'make a new token with `selvedge token create`',
      },
    );
  }
  return claims;
}

function readClaims(jwt: string): Pick<JoinToken, 'expiresAtMs' | 'id'> {
  const [head = '', body = ''] = jwt.split('.');
  const headClaims = decode(head, 'header');
  if (headClaims.alg !== 'HS256') {
    throw new Fault('pki/token-shape', 'the token is not signed with HS256');
  }
  const claims = decode(body, 'claims');
  const { exp, jti } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp <= 0 || exp > 1e11) {
    throw new Fault('pki/token-shape', 'the token does not say when it expires');
  }
  return { expiresAtMs: exp * 1000, id: typeof jti === 'string' ? jti : undefined };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string, what: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch (cause) {
    throw new Fault('pki/token-shape', `the token's ${what} can not be read`, { cause });
  }
  throw new Fault('pki/token-shape', `the token's ${what} can not be read`);
}

function signature(signed: string, key: KeyObject): string {
  return createHmac('sha256', keyToSec1(key)).update(signed).digest('base64url');
}
