// The node's key, certificate and CA on disk: written so that no crash leaves a key without its certificate.

import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { keyFromPem } from '@selvedge/pki/key';

export interface IdentityPaths {
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface NodeIdentity {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly certificate: X509Certificate;
}

const privateMode = 0o600;

/**
 * The certificate's rename is the moment of change. The key goes to `.next` before it and to its place after it, so
 * whichever certificate is found, its key is in one of the two.
 */
export function writeIdentity(
  paths: IdentityPaths,
  files: Pick<NodeIdentity, 'caPem' | 'certificatePem' | 'keyPem'>,
): void {
  for (const path of [paths.caFile, paths.certificateFile, paths.keyFile]) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  }
  writeFileDurably(paths.caFile, files.caPem, 0o644);
  writeFileDurably(nextKeyFile(paths), files.keyPem, privateMode);
  writeFileDurably(paths.certificateFile, files.certificatePem, privateMode);
  renameSync(nextKeyFile(paths), paths.keyFile);
}

export function readIdentity(paths: IdentityPaths): NodeIdentity {
  const certificatePem = readPem(paths.certificateFile);
  const caPem = readPem(paths.caFile);
  const certificate = parseCertificate(paths.certificateFile, certificatePem);
  for (const path of [paths.keyFile, nextKeyFile(paths)]) {
    if (!existsSync(path)) continue;
    const keyPem = readPem(path);
    const key = keyFromPem(keyPem);
    if (!certificate.checkPrivateKey(key)) continue;
    if (path !== paths.keyFile) renameSync(path, paths.keyFile);
    return {
      caPem,
      certificatePem,
      certificate,
      keyPem: key.export({ format: 'pem', type: 'sec1' }).toString(),
    };
  }
  throw new Fault(
    'edgecore/identity',
    `${paths.keyFile} is missing or not the key of ${paths.certificateFile}`,
    {
      hint: 'join again with a new token: selvedge join HOST:PORT --token TOKEN; pods and their state are kept',
    },
  );
}

function nextKeyFile(paths: IdentityPaths): string {
  return `${paths.keyFile}.next`;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('edgecore/identity', `${path} can not be read`, {
      cause,
      hint: 'join a cloud first: selvedge join HOST:PORT --token TOKEN',
    });
  }
}

function parseCertificate(path: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new Fault('edgecore/identity', `${path} is not a certificate`, {
      cause,
      hint: 'join again with a new token: selvedge join HOST:PORT --token TOKEN; pods and their state are kept',
    });
  }
}
