import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createCertificateRequest, parseCertificateRequest } from './csr.ts';
import { createKey, publicKeyInfo, publicKeyOf } from './key.ts';

const recorded = JSON.parse(
  readFileSync(join(import.meta.dir, '../fixtures/kubeedge-certificates.json'), 'utf8'),
);

test('a request is read back with the key and subject it was made for', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60, unit: 'grapheme' }), (commonName) => {
      const key = createKey();
      const request = parseCertificateRequest(
        createCertificateRequest({ key, subject: { commonName, organizations: ['system:nodes'] } }),
      );
      expect(request.subject).toMatchObject({ commonName, organizations: ['system:nodes'] });
      expect(publicKeyInfo(request.publicKey)).toEqual(publicKeyInfo(publicKeyOf(key)));
    }),
    { numRuns: 30 },
  );
});

test('OpenSSL verifies our request', () => {
  const request = createCertificateRequest({ key: createKey(), subject: { commonName: 'system:node:a' } });
  const run = spawnSync('openssl', ['req', '-inform', 'der', '-noout', '-verify', '-subject'], {
    input: request,
  });
  expect(run.stderr.toString() + run.stdout.toString()).toContain('CN = system:node:a');
  expect(run.status).toBe(0);
});

test('the recorded request of a Go edge is read, its signature being its own', () => {
  const request = parseCertificateRequest(Buffer.from(recorded.request, 'base64'));
  expect(request.subject).toMatchObject({
    commonName: 'kubeedge.io',
    organizations: ['kubeEdge'],
    country: 'CN',
  });
});

test('what is too large, forged or no request at all is refused with a fault', () => {
  const request = createCertificateRequest({ key: createKey(), subject: { commonName: 'edge' } });
  expect(() => parseCertificateRequest(Buffer.alloc(20_000))).toThrow('more than 16384');
  expect(() => parseCertificateRequest(Buffer.concat([request, Buffer.from([0])]))).toThrow('refused');
  const forged = Buffer.from(request);
  const at = forged.indexOf('edge');
  forged.write('evil', at);
  expect(() => parseCertificateRequest(forged)).toThrow('signature does not match');
});

test('no bytes make the parser fail otherwise than by a fault', () => {
  const request = createCertificateRequest({ key: createKey(), subject: { commonName: 'edge' } });
  const attempt = (bytes: Uint8Array) => {
    try {
      parseCertificateRequest(bytes);
    } catch (error) {
      expect(error).toHaveProperty('code', 'pki/bad-request');
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt));
  fc.assert(
    fc.property(fc.nat(request.length - 1), fc.nat(255), (at, value) => {
      const changed = Buffer.from(request);
      changed[at] = value;
      attempt(changed);
    }),
    { numRuns: 300 },
  );
});
