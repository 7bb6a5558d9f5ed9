// Certificate authorities: the hub's CA in KubeEdge's shape, a cluster's CA, and what each of them issues.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { Fault } from '@selvedge/base';
import { type ExtendedKeyUsage, makeCertificate } from './certificate.ts';
import { createKey, keyFromPem, keyFromSec1, publicKeyOf } from './key.ts';
import type { DistinguishedName } from './name.ts';

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

export interface Identity {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

const dayMs = 24 * 60 * 60 * 1000;
/** Clocks of edge machines run behind; a certificate should be good a little before it was made. */
const backdateMs = 5 * 60 * 1000;

export interface AuthorityOptions {
  readonly subject: DistinguishedName;
  readonly nowMs: number;
  readonly lifetimeDays?: number;
  readonly serialNumber?: Uint8Array;
  readonly extendedKeyUsages?: readonly ExtendedKeyUsage[];
}

export function createAuthority(options: AuthorityOptions): Authority {
  const key = createKey();
  const certificate = makeCertificate(
    {
      subject: options.subject,
      publicKey: publicKeyOf(key),
      notBeforeMs: options.nowMs - backdateMs,
      notAfterMs: options.nowMs + (options.lifetimeDays ?? 3_650) * dayMs,
      isAuthority: true,
      keyUsages: ['digitalSignature', 'keyEncipherment', 'certSign'],
      extendedKeyUsages: options.extendedKeyUsages ?? [],
      serialNumber: options.serialNumber,
    },
    { key },
  );
  return { certificate, key };
}

/** The hub's CA as KubeEdge makes it: CN `KubeEdge`, serial 1024, a hundred years. */
export function createKubeEdgeAuthority(nowMs: number): Authority {
  return createAuthority({
    subject: { commonName: 'KubeEdge' },
    nowMs,
    lifetimeDays: 36_400,
    serialNumber: Buffer.from([4, 0]),
    extendedKeyUsages: ['serverAuth', 'clientAuth'],
  });
}

export interface IssueOptions {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly nowMs: number;
  readonly lifetimeDays: number;
}

export interface ServerIssueOptions extends IssueOptions {
  /** IP addresses and DNS names under which the server is reached. */
  readonly hosts: readonly string[];
  /** For servers that also call others by the same certificate. */
  readonly alsoClient?: boolean;
}

export function issueServerCertificate(authority: Authority, options: ServerIssueOptions): X509Certificate {
  return issue(authority, {
    ...options,
    usages: options.alsoClient ? ['serverAuth', 'clientAuth'] : ['serverAuth'],
  });
}

/** The subject is what the caller decides, never what a request asks for. */
export function issueClientCertificate(authority: Authority, options: IssueOptions): X509Certificate {
  return issue(authority, { ...options, hosts: [], usages: ['clientAuth'] });
}

function issue(
  authority: Authority,
  options: IssueOptions & { hosts: readonly string[]; usages: readonly ExtendedKeyUsage[] },
): X509Certificate {
  const notAfterMs = options.nowMs + options.lifetimeDays * dayMs;
  return makeCertificate(
    {
      subject: options.subject,
      publicKey: options.publicKey,
      notBeforeMs: options.nowMs - backdateMs,
      notAfterMs: Math.min(notAfterMs, Date.parse(authority.certificate.validTo)),
      isAuthority: false,
      keyUsages: ['digitalSignature', 'keyEncipherment'],
      extendedKeyUsages: options.usages,
      dnsNames: options.hosts.filter((host) => isIP(host) === 0),
      addresses: options.hosts.filter((host) => isIP(host) !== 0),
    },
    authority,
  );
}

/** A server's certificate with a new key of its own. */
export function createServerIdentity(
  authority: Authority,
  options: Omit<ServerIssueOptions, 'publicKey'>,
): Identity {
  const key = createKey();
  return { key, certificate: issueServerCertificate(authority, { ...options, publicKey: publicKeyOf(key) }) };
}

export function createClientIdentity(
  authority: Authority,
  options: Omit<IssueOptions, 'publicKey'>,
): Identity {
  const key = createKey();
  return { key, certificate: issueClientCertificate(authority, { ...options, publicKey: publicKeyOf(key) }) };
}

/** Who signed last may sign again: whether the certificate was signed by this authority (dates are not looked at). */
export function isIssuedBy(certificate: X509Certificate, authority: Pick<Authority, 'certificate'>): boolean {
  return (
    certificate.checkIssued(authority.certificate) && certificate.verify(authority.certificate.publicKey)
  );
}

/** KubeEdge's fingerprint of a CA: hex SHA-256 over its DER. */
export function certificateHash(certificate: Uint8Array | X509Certificate): string {
  const bytes = certificate instanceof X509Certificate ? certificate.raw : certificate;
  return createHash('sha256').update(bytes).digest('hex');
}

export function certificateToPem(certificate: Uint8Array | X509Certificate): string {
  const bytes = certificate instanceof X509Certificate ? certificate.raw : Buffer.from(certificate);
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Reads a certificate from PEM or DER. */
export function readCertificate(bytes: Uint8Array | string): X509Certificate {
  try {
    return new X509Certificate(typeof bytes === 'string' ? bytes : Buffer.from(bytes));
  } catch (cause) {
    throw new Fault('pki/bad-certificate', 'not an X.509 certificate', { cause });
  }
}

/** An identity from its two PEM texts; faults when the key is not the certificate's. */
export function identityFromPem(certificatePem: string, keyPem: string): Identity {
  return matching(readCertificate(certificatePem), keyFromPem(keyPem));
}

/** An identity from KubeEdge's Secrets: certificate DER, key SEC1 DER. */
export function identityFromDer(certificate: Uint8Array, key: Uint8Array): Identity {
  return matching(readCertificate(certificate), keyFromSec1(key));
}

function matching(certificate: X509Certificate, key: KeyObject): Identity {
  if (!certificate.checkPrivateKey(key)) {
    throw new Fault('pki/key-mismatch', 'the private key does not belong to the certificate');
  }
  return { certificate, key };
}
