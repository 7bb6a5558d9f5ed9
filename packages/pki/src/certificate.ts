// Makes X.509 certificates: the extensions that CAs, servers and clients of a Kubernetes cluster carry, nothing more.

import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { Fault } from '@selvedge/base';
import {
  bitString,
  booleanTrue,
  contextTag,
  der,
  octetString,
  oid,
  readElements,
  sequence,
  tag,
  time,
  unsignedInteger,
} from './der.ts';
import { publicKeyInfo } from './key.ts';
import { type DistinguishedName, encodeName, subjectAndKey } from './name.ts';

export type ExtendedKeyUsage = 'serverAuth' | 'clientAuth';
export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'certSign';

export interface CertificateTemplate {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isAuthority: boolean;
  readonly keyUsages: readonly KeyUsage[];
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Random when absent. */
  readonly serialNumber?: Uint8Array;
}

/** Who signs: absent for a self-signed certificate, whose issuer is its subject. */
export interface Issuer {
  readonly certificate?: X509Certificate;
  readonly key: KeyObject;
}

const usageBits: Record<KeyUsage, number> = { digitalSignature: 0, keyEncipherment: 2, certSign: 5 };
const extendedUsageOids: Record<ExtendedKeyUsage, string> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

export function makeCertificate(template: CertificateTemplate, issuer: Issuer): X509Certificate {
  const keyInfo = publicKeyInfo(template.publicKey);
  const algorithm = sequence(oid(ecdsaWithSha256));
  const issuerParts = issuer.certificate ? subjectAndKey(Buffer.from(issuer.certificate.raw)) : undefined;
  // The issuer's own subject bytes, so that names match whatever string types its maker chose.
  const body = sequence(
    der(contextTag(0), unsignedInteger(Buffer.from([2]))),
    unsignedInteger(template.serialNumber ?? randomSerial()),
    algorithm,
    issuerParts?.subject.raw ?? encodeName(template.subject),
    sequence(time(template.notBeforeMs), time(template.notAfterMs)),
    encodeName(template.subject),
    keyInfo,
    der(contextTag(3), sequence(...extensions(template, keyInfo, issuerParts?.keyInfo.raw))),
  );
  const signature = sign('sha256', body, issuer.key);
  return new X509Certificate(sequence(body, algorithm, bitString(signature)));
}

/** 128 bits, the first never set, so that the number is positive and of constant length. */
function randomSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function extensions(template: CertificateTemplate, keyInfo: Buffer, issuerKeyInfo?: Buffer): Buffer[] {
  const list = [extension('2.5.29.15', keyUsageBits(template.keyUsages), 'critical')];
  if (template.extendedKeyUsages.length > 0) {
    const usages = template.extendedKeyUsages.map((usage) => oid(extendedUsageOids[usage]));
    list.push(extension('2.5.29.37', sequence(...usages)));
  }
  const basic = template.isAuthority ? sequence(booleanTrue()) : sequence();
  list.push(extension('2.5.29.19', basic, 'critical'));
  list.push(extension('2.5.29.14', octetString(keyIdentifier(keyInfo))));
  if (issuerKeyInfo) {
    const identifier = der(contextTag(0, 'primitive'), keyIdentifier(issuerKeyInfo));
    list.push(extension('2.5.29.35', sequence(identifier)));
  }
  const names = alternativeNames(template);
  if (names.length > 0) list.push(extension('2.5.29.17', sequence(...names)));
  return list;
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return critical
    ? sequence(oid(id), booleanTrue(), octetString(value))
    : sequence(oid(id), octetString(value));
}

function keyUsageBits(usages: readonly KeyUsage[]): Buffer {
  const highest = Math.max(...usages.map((usage) => usageBits[usage]));
  let bits = 0;
  for (const usage of usages) bits |= 0x80 >> usageBits[usage];
  return bitString(Buffer.from([bits]), 7 - highest);
}

/** SHA-1 over the key's bits: the usual identifier, and the one Go computes. A name for a key, not a protection. */
function keyIdentifier(keyInfo: Buffer): Buffer {
  const [outer] = readElements(keyInfo);
  const bits = readElements(outer?.content ?? Buffer.alloc(0)).find(
    (element) => element.tag === tag.bitString,
  );
  return createHash('sha1')
    .update(bits?.content.subarray(1) ?? keyInfo)
    .digest();
}

function alternativeNames(template: CertificateTemplate): Buffer[] {
  const names = (template.dnsNames ?? []).map((name) =>
    der(contextTag(2, 'primitive'), Buffer.from(name, 'latin1')),
  );
  for (const address of template.addresses ?? []) {
    names.push(der(contextTag(7, 'primitive'), addressBytes(address)));
  }
  return names;
}

export function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  if (isIP(address) !== 6) throw new Fault('pki/bad-address', `"${address}" is not an IP address`);
  const plain = (address.split('%')[0] ?? '').replace(/[\d.]+\.[\d.]+$/, (quad) => {
    const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail = ''] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  return bytes;
}
