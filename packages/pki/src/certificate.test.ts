import { afterAll, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  certificateHash,
  certificateToPem,
  createAuthority,
  createClientIdentity,
  createKubeEdgeAuthority,
  createServerIdentity,
  identityFromDer,
  identityFromPem,
  isIssuedBy,
  issueClientCertificate,
  issueServerCertificate,
} from './authority.ts';
import { addressBytes } from './certificate.ts';
import { createKey, keyFromPem, keyToPem, keyToSec1, publicKeyOf } from './key.ts';
import { isExpired, nodeOfSubject, nodeSubject, rotationDueMs, subjectOf } from './subject.ts';

const nowMs = Date.UTC(2026, 10, 24);
const folder = mkdtempSync(join(tmpdir(), 'selvedge-pki-'));
afterAll(() => rmSync(folder, { recursive: true }));

function openssl(...argv: string[]): string {
  const run = spawnSync('openssl', argv, { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test('a CA has the shape of KubeEdge’s, as OpenSSL reads both', () => {
  const mine = openssl(
    'x509',
    '-noout',
    '-text',
    '-in',
    file('ca.pem', certificateToPem(createKubeEdgeAuthority(nowMs).certificate)),
  );
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dir, '../fixtures/kubeedge-certificates.json'), 'utf8'),
  );
  const genuine = openssl(
    'x509',
    '-noout',
    '-text',
    '-in',
    file('go.pem', certificateToPem(Buffer.from(recorded.ca, 'base64'))),
  );
  const shape = (text: string) =>
    text
      .split('\n')
      .filter(
        (line) =>
          !/^ {12,}[0-9a-f:]{10,}|Not (Before|After)|^ {16,}([0-9A-F]{2}:)|^ {8}[0-9a-f:]{20,}/.test(line) &&
          !/^ {16,20}([0-9A-Fa-f]{2}:?)+$/.test(line),
      );
  expect(shape(mine)).toEqual(shape(genuine));
});

test('certificates that the authority issues pass OpenSSL’s verification for their purpose', () => {
  const authority = createAuthority({ subject: { commonName: 'cluster' }, nowMs: Date.now() });
  const ca = file('ca1.pem', certificateToPem(authority.certificate));
  const server = createServerIdentity(authority, {
    subject: { commonName: 'KubeEdge', organizations: ['KubeEdge'] },
    nowMs: Date.now(),
    lifetimeDays: 365,
    hosts: ['127.0.0.1', '::1', 'localhost', '2001:db8::7'],
  });
  const client = createClientIdentity(authority, {
    subject: nodeSubject('edge-1'),
    nowMs: Date.now(),
    lifetimeDays: 1,
  });
  const serverFile = file('server.pem', certificateToPem(server.certificate));
  const clientFile = file('client.pem', certificateToPem(client.certificate));
  expect(
    openssl(
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-verify_ip',
      '127.0.0.1',
      '-CAfile',
      ca,
      serverFile,
    ),
  ).toContain('OK');
  expect(
    openssl('verify', '-purpose', 'sslserver', '-verify_ip', '2001:db8::7', '-CAfile', ca, serverFile),
  ).toContain('OK');
  expect(
    openssl('verify', '-purpose', 'sslserver', '-verify_hostname', 'localhost', '-CAfile', ca, serverFile),
  ).toContain('OK');
  expect(openssl('verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', ca, clientFile)).toContain(
    'OK',
  );
  expect(() => openssl('verify', '-purpose', 'sslserver', '-CAfile', ca, clientFile)).toThrow();
  expect(isIssuedBy(client.certificate, authority)).toBe(true);
  expect(isIssuedBy(client.certificate, createKubeEdgeAuthority(nowMs))).toBe(false);
  expect(nodeOfSubject(subjectOf(client.certificate))).toBe('edge-1');
});

test('any subject, lifetime and address round-trips through node:crypto', () => {
  const authority = createAuthority({ subject: { commonName: 'ca' }, nowMs, lifetimeDays: 40_000 });
  const publicKey = publicKeyOf(createKey());
  const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
  fc.assert(
    fc.property(
      text,
      fc.array(text, { maxLength: 3 }),
      fc.integer({ min: 1, max: 36_000 }),
      fc.ipV4(),
      fc.ipV6(),
      (commonName, organizations, lifetimeDays, v4, v6) => {
        const issued = issueServerCertificate(authority, {
          subject: { commonName, organizations },
          publicKey,
          nowMs,
          lifetimeDays,
          hosts: [v4, v6, 'example.org'],
        });
        const read = new X509Certificate(issued.raw);
        expect(subjectOf(read)).toMatchObject({ commonName, organizations });
        expect(Date.parse(read.validTo)).toBe(nowMs + lifetimeDays * 86_400_000);
        expect(read.checkIP(v4)).toBe(v4);
        expect(read.verify(authority.certificate.publicKey)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test('addresses are encoded as their bytes', () => {
  expect(addressBytes('10.0.0.1').toString('hex')).toBe('0a000001');
  expect(addressBytes('::').toString('hex')).toBe('0'.repeat(32));
  expect(addressBytes('2001:db8::7').toString('hex')).toBe('20010db8000000000000000000000007');
  expect(addressBytes('::ffff:1.2.3.4').toString('hex')).toBe('00000000000000000000ffff01020304');
  expect(() => addressBytes('nonsense')).toThrow();
});

test('a certificate never outlives its CA, and a subject with a line break does not become another', () => {
  const authority = createAuthority({ subject: { commonName: 'ca' }, nowMs, lifetimeDays: 10 });
  const certificate = issueClientCertificate(authority, {
    subject: { commonName: 'x\nO=system:nodes' },
    publicKey: publicKeyOf(createKey()),
    nowMs,
    lifetimeDays: 365,
  });
  expect(Date.parse(certificate.validTo)).toBe(Date.parse(authority.certificate.validTo));
  expect(nodeOfSubject(subjectOf(certificate))).toBeUndefined();
});

test('identities come back from PEM and from DER, also with Go’s wrong PEM label, and only with their own key', () => {
  const authority = createKubeEdgeAuthority(nowMs);
  const { certificate, key } = createClientIdentity(authority, {
    subject: nodeSubject('a'),
    nowMs,
    lifetimeDays: 1,
  });
  expect(identityFromPem(certificateToPem(certificate), keyToPem(key)).certificate.fingerprint256).toBe(
    certificate.fingerprint256,
  );
  expect(identityFromDer(certificate.raw, keyToSec1(key)).certificate.fingerprint256).toBe(
    certificate.fingerprint256,
  );
  const mislabelled = keyToPem(key).replaceAll('EC PRIVATE KEY', 'PRIVATE KEY');
  expect(keyToPem(keyFromPem(mislabelled))).toBe(keyToPem(key));
  expect(() => identityFromPem(certificateToPem(certificate), keyToPem(createKey()))).toThrow(
    'does not belong',
  );
});

test('rotation falls due at its share of the lifetime', () => {
  const authority = createKubeEdgeAuthority(nowMs);
  const { certificate } = createClientIdentity(authority, {
    subject: nodeSubject('a'),
    nowMs,
    lifetimeDays: 100,
  });
  const dueMs = rotationDueMs(certificate, { share: 0.8 });
  expect(Math.round((dueMs - nowMs) / 86_400_000)).toBe(80);
  expect(isExpired(certificate, nowMs + 99 * 86_400_000)).toBe(false);
  expect(isExpired(certificate, nowMs + 101 * 86_400_000)).toBe(true);
});

test('the hash of the recorded CA is over its DER', () => {
  const authority = createKubeEdgeAuthority(nowMs);
  expect(certificateHash(authority.certificate)).toMatch(/^[0-9a-f]{64}$/);
  expect(certificateHash(authority.certificate.raw)).toBe(certificateHash(authority.certificate));
});
