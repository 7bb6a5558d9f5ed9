import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { certificateHash, createKubeEdgeAuthority } from './authority.ts';
import { createJoinToken, parseJoinToken, requirePinnedAuthority, verifyBearer } from './token.ts';

const nowMs = Date.UTC(2026, 10, 24);
const authority = createKubeEdgeAuthority(nowMs);
const token = createJoinToken(authority, { expiresAtMs: nowMs + 3_600_000, id: 'abc' });

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return isFault(error) ? error.code : String(error);
  }
  return undefined;
}

test('a token pins its CA, expires when told and verifies with the CA that made it', () => {
  const parsed = parseJoinToken(` ${token}\n`);
  expect(parsed).toMatchObject({
    caHash: certificateHash(authority.certificate),
    expiresAtMs: nowMs + 3_600_000,
    id: 'abc',
  });
  requirePinnedAuthority(parsed, authority.certificate.raw);
  expect(verifyBearer(authority, parsed.bearer, nowMs).id).toBe('abc');
});

test('the JWT header is the one Go KubeEdge writes', () => {
  expect(token.split('.')[1]).toBe('eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9');
});

test('each thing that can be wrong with a token has its own code', () => {
  const other = createKubeEdgeAuthority(nowMs);
  const { bearer } = parseJoinToken(token);
  expect(codeOf(() => parseJoinToken('abc'))).toBe('pki/token-shape');
  expect(codeOf(() => parseJoinToken(bearer))).toBe('pki/token-shape');
  expect(codeOf(() => parseJoinToken(`xyz.${bearer}`))).toBe('pki/token-shape');
  expect(codeOf(() => requirePinnedAuthority(parseJoinToken(token), other.certificate.raw))).toBe(
    'pki/wrong-ca',
  );
  expect(codeOf(() => verifyBearer(other, bearer, nowMs))).toBe('pki/token-signature');
  expect(codeOf(() => verifyBearer(authority, bearer, nowMs + 3_600_000))).toBe('pki/token-expired');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${bearer.split('.')[1]}.`;
  expect(codeOf(() => verifyBearer(authority, unsigned, nowMs))).toBe('pki/token-shape');
});

test('no text makes the parsers fail otherwise than by a fault', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
      ),
      (text) => {
        expect(codeOf(() => parseJoinToken(text))).toMatch(/^pki\//);
        expect(codeOf(() => verifyBearer(authority, text, nowMs))).toMatch(/^pki\//);
      },
    ),
  );
});
