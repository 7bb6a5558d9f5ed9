// Who a certificate names, and how long it is still good: what both ends of the hub's connection read from it.

import type { X509Certificate } from 'node:crypto';
import { type DistinguishedName, decodeName, subjectAndKey } from './name.ts';

const nodePrefix = 'system:node:';
const nodesGroup = 'system:nodes';

/** The only subject that the cloud gives to a node, whatever its request says. */
export function nodeSubject(node: string): DistinguishedName {
  return { organizations: [nodesGroup], commonName: nodePrefix + node };
}

/** The node that a certificate subject names (`CN=system:node:NAME` in `O=system:nodes`), if it names one. */
export function nodeOfSubject(subject: {
  readonly commonName?: string;
  readonly organizations?: readonly string[];
}): string | undefined {
  const { commonName = '', organizations = [] } = subject;
  if (!organizations.includes(nodesGroup) || !commonName.startsWith(nodePrefix)) return undefined;
  return commonName.slice(nodePrefix.length);
}

/** Subject fields of a certificate, read from its bytes: the printed form could be led astray by line breaks in a name. */
export function subjectOf(certificate: Pick<X509Certificate, 'raw'> | Uint8Array): DistinguishedName {
  const bytes = certificate instanceof Uint8Array ? certificate : certificate.raw;
  return decodeName(subjectAndKey(Buffer.from(bytes)).subject);
}

export interface RotationOptions {
  /** Share of the lifetime after which a new certificate is asked for. KubeEdge: somewhere in 0.7–0.9. */
  readonly share: number;
}

/** When a certificate should be renewed; a fleet spreads itself by giving each node a share of its own. */
export function rotationDueMs(certificate: X509Certificate, options: RotationOptions): number {
  const fromMs = Date.parse(certificate.validFrom);
  const toMs = Date.parse(certificate.validTo);
  return fromMs + (toMs - fromMs) * options.share;
}

export function isExpired(certificate: X509Certificate, nowMs: number): boolean {
  return nowMs > Date.parse(certificate.validTo);
}
