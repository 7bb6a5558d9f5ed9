// Certificate signing requests (PKCS#10): the edge makes them, the cloud reads them with every size capped.
// A subpath of its own, so that an edge loads nothing else of this package.

import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Fault } from '@selvedge/base';
import {
  bitString,
  contextTag,
  der,
  oid,
  readElement,
  readElements,
  readOid,
  sequence,
  tag,
  unsignedInteger,
} from './der.ts';
import { publicKeyInfo, publicKeyOf } from './key.ts';
import { type DistinguishedName, decodeName, encodeName } from './name.ts';

export { createKey, keyFromPem, keyFromSec1, keyToPem, keyToSec1 } from './key.ts';
export type { DistinguishedName } from './name.ts';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/** Hash names by signature algorithm; what is not here is refused. */
const signatureHashes: ReadonlyMap<string, string> = new Map([
  [ecdsaWithSha256, 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);

/** A request for the key's public half, signed by the key: DER. */
export function createCertificateRequest(options: { key: KeyObject; subject: DistinguishedName }): Buffer {
  const info = sequence(
    unsignedInteger(Buffer.from([0])),
    encodeName(options.subject),
    publicKeyInfo(publicKeyOf(options.key)),
    der(contextTag(0)),
  );
  return sequence(info, sequence(oid(ecdsaWithSha256)), bitString(sign('sha256', info, options.key)));
}

export interface CertificateRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
}

const defaultMaxRequestBytes = 16 * 1024;
const minRsaBits = 2048;
const curves = ['prime256v1', 'P-256', 'secp384r1', 'P-384', 'secp521r1', 'P-521'];

/** Parses a DER request and checks that its signature was made by the key it asks a certificate for. */
export function parseCertificateRequest(
  bytes: Uint8Array,
  maxBytes = defaultMaxRequestBytes,
): CertificateRequest {
  if (bytes.length > maxBytes) {
    throw refused(`it has ${bytes.length} bytes, more than ${maxBytes}`);
  }
  try {
    return parseAndVerify(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (cause) {
    if (cause instanceof Fault && cause.code === 'pki/bad-request') throw cause;
    throw refused('it is not a PKCS#10 structure in DER', cause);
  }
}

function parseAndVerify(bytes: Buffer): CertificateRequest {
  const outer = readElement(bytes);
  if (outer.tag !== tag.sequence || outer.raw.length !== bytes.length)
    throw refused('it is not one DER sequence');
  const [info, algorithm, signature] = readElements(outer.content);
  if (!info || !algorithm || signature?.tag !== tag.bitString) throw refused('parts are missing');
  const [, subject, keyInfo] = readElements(info.content);
  if (subject?.tag !== tag.sequence || keyInfo?.tag !== tag.sequence) throw refused('parts are missing');
  const hash = signatureHashes.get(readOid(readElement(algorithm.content).content));
  if (hash === undefined) throw refused('its signature algorithm is not supported');
  const publicKey = createPublicKey({ key: keyInfo.raw, format: 'der', type: 'spki' });
  requireStrongKey(publicKey);
  if (!verify(hash, info.raw, publicKey, signature.content.subarray(1))) {
    throw refused('its signature does not match its key');
  }
  return { subject: decodeName(subject), publicKey };
}

function requireStrongKey(publicKey: KeyObject): void {
  const details = publicKey.asymmetricKeyDetails;
  if (publicKey.asymmetricKeyType === 'ec' && curves.includes(details?.namedCurve ?? '')) return;
  if (publicKey.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= minRsaBits) return;
  throw refused('its key is neither ECDSA on a NIST curve nor RSA of 2048 bits or more');
}

function refused(why: string, cause?: unknown): Fault {
  return new Fault('pki/bad-request', `the certificate signing request is refused: ${why}`, { cause });
}
