// The public face of the pki package: certificate authorities, certificates, signing requests and join tokens.
// Certificates are written here rather than by a library: all cryptography is node:crypto's, what remains is 150 lines of DER.

export * from './authority.ts';
export type { ExtendedKeyUsage } from './certificate.ts';
export { type CertificateRequest, createCertificateRequest, parseCertificateRequest } from './csr.ts';
export {
  createKey,
  keyFromPem,
  keyFromSec1,
  keyToPem,
  keyToSec1,
  publicKeyInfo,
  publicKeyOf,
} from './key.ts';
export type { DistinguishedName } from './name.ts';
export * from './subject.ts';
export * from './token.ts';
