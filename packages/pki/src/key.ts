// Private keys: ECDSA P-256, kept as PEM in files and as SEC1 DER in KubeEdge's Secrets.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Fault } from '@selvedge/base';

export function createKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** PEM with the label `EC PRIVATE KEY`, which Go, OpenSSL and Node all read. */
export function keyToPem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'sec1' }).toString();
}

export function keyToSec1(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'sec1' });
}

export function keyFromSec1(bytes: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type: 'sec1' });
  } catch (cause) {
    throw new Fault('pki/bad-key', 'the private key is not a SEC1 EC key in DER', { cause });
  }
}

/** Reads a PEM key also when SEC1 bytes carry the label `PRIVATE KEY`, as Go KubeEdge writes them. */
export function keyFromPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const body = /-----BEGIN [A-Z ]*PRIVATE KEY-----([\s\S]*?)-----END/.exec(pem)?.[1];
    if (body === undefined)
      throw new Fault('pki/bad-key', 'there is no private key in the PEM text', { cause });
    return keyFromSec1(Buffer.from(body, 'base64'));
  }
}

export function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}

/** SubjectPublicKeyInfo, the form in which certificates and requests hold a public key. */
export function publicKeyInfo(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' });
}
