// Issues node certificates: who asks, may they, and what the certificate says, which is the cloud's decision alone.

import type { X509Certificate } from 'node:crypto';
import { type Clock, Fault, type Logger } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { isDns1123Subdomain, type KubeObject, type Node, resources } from '@selvedge/kubernetes';
import {
  type Authority,
  certificateHash,
  isIssuedBy,
  issueClientCertificate,
  nodeOfSubject,
  nodeSubject,
  parseCertificateRequest,
  publicKeyInfo,
  readCertificate,
  subjectOf,
} from '@selvedge/pki';
import type { Hub } from '../hub.ts';
import { decideIssue, type IssueRequest, rejoinAnnotation } from './join-policy.ts';
import { checkToken } from './tokens.ts';

export interface CertificateIssuerOptions {
  readonly client: KubeClient;
  readonly authority: Authority;
  readonly hub: Pick<Hub, 'session'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifetimeDays: number;
  /** How long after its end a certificate still renews itself: an edge may have been offline. */
  readonly renewalGraceDays: number;
}

export interface CertificateAsk {
  readonly node: string;
  readonly bearer: string | undefined;
  /** The client certificate of the connection, DER: not verified by anyone yet. */
  readonly peerCertificate: Uint8Array | undefined;
  readonly request: Uint8Array;
  readonly remoteAddress: string;
}

export type IssueAnswer =
  | { readonly kind: 'issued'; readonly certificate: X509Certificate }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string };

const dayMs = 24 * 60 * 60 * 1000;
const clientAuthUsage = '1.3.6.1.5.5.7.3.2';
/** How long a name counts as being taken before its Node shows up. */
const takingMs = 60_000;
const maxTaken = 10_000;

export class CertificateIssuer {
  readonly #options: CertificateIssuerOptions;
  /** Names for which a certificate went out moments ago: to which key, and when. */
  readonly #taken = new Map<string, { keyHash: string; atMs: number }>();

  constructor(options: CertificateIssuerOptions) {
    this.#options = options;
  }

  async issue(ask: CertificateAsk): Promise<IssueAnswer> {
    const wrongName = isDns1123Subdomain(ask.node);
    if (wrongName.length > 0)
      return refused(400, `NodeName "${ask.node.slice(0, 300)}": ${wrongName.join('; ')}`);
    try {
      const proof = await this.#prove(ask);
      const { publicKey } = parseCertificateRequest(ask.request);
      const keyHash = certificateHash(publicKeyInfo(publicKey));
      const annotations = await this.#annotations(ask.node);
      const decision = decideIssue({
        node: ask.node,
        proof,
        annotations,
        isConnected: this.#options.hub.session(ask.node) !== undefined,
        isBeingTaken: this.#isBeingTaken(ask.node, keyHash),
      });
      if (decision.kind === 'refuse') return refused(decision.status, decision.reason);
      if (decision.usesAnnotation) await this.#useUpAnnotation(ask.node);
      this.#take(ask.node, keyHash);
      return { kind: 'issued', certificate: this.#sign(ask, proof.kind, publicKey) };
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  #sign(ask: CertificateAsk, by: string, publicKey: Parameters<typeof publicKeyInfo>[0]): X509Certificate {
    const { authority, clock, logger, lifetimeDays } = this.#options;
    const certificate = issueClientCertificate(authority, {
      subject: nodeSubject(ask.node),
      publicKey,
      nowMs: clock.now(),
      lifetimeDays,
    });
    logger.info('node certificate issued', {
      node: ask.node,
      by,
      address: ask.remoteAddress,
      serial: certificate.serialNumber,
    });
    return certificate;
  }

  async #prove(ask: CertificateAsk): Promise<IssueRequest['proof']> {
    const { client, authority, clock } = this.#options;
    if (ask.bearer !== undefined) {
      const granted = await checkToken({ client, authority, bearer: ask.bearer, nowMs: clock.now() });
      return { kind: 'token', boundNode: granted.node };
    }
    if (ask.peerCertificate !== undefined) {
      const certificate = readCertificate(ask.peerCertificate);
      const hasExpired = clock.now() > Date.parse(certificate.validTo);
      return { kind: 'certificate', node: this.#nodeOf(certificate), hasExpired };
    }
    throw new Fault('cloudhub/unauthorized', 'neither a token nor a client certificate was shown');
  }

  /** The node of a certificate that may renew itself. */
  #nodeOf(certificate: X509Certificate): string {
    const { authority, clock, renewalGraceDays } = this.#options;
    const node = nodeOfSubject(subjectOf(certificate));
    if (!isIssuedBy(certificate, authority) || !certificate.keyUsage?.includes(clientAuthUsage)) {
      throw new Fault('cloudhub/unauthorized', "the client certificate was not issued by this cloud's CA");
    }
    if (node === undefined) {
      throw new Fault('cloudhub/unauthorized', 'the client certificate names no node: join with a token');
    }
    if (clock.now() > Date.parse(certificate.validTo) + renewalGraceDays * dayMs) {
      throw new Fault(
        'cloudhub/unauthorized',
        'the client certificate expired too long ago: join with a token',
      );
    }
    return node;
  }

  async #annotations(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    try {
      const node = await this.#options.client.get<Node & KubeObject>({ type: resources.nodes, name });
      return node.metadata.annotations ?? {};
    } catch (error) {
      if (isApiFault(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async #useUpAnnotation(name: string): Promise<void> {
    await this.#options.client.patch({ type: resources.nodes, name }, 'merge', {
      metadata: { annotations: { [rejoinAnnotation]: null } },
    });
  }

  #isBeingTaken(node: string, keyHash: string): boolean {
    const taken = this.#taken.get(node);
    if (!taken || taken.keyHash === keyHash) return false;
    return this.#options.clock.now() - taken.atMs < takingMs;
  }

  #take(node: string, keyHash: string): void {
    this.#taken.delete(node);
    this.#taken.set(node, { keyHash, atMs: this.#options.clock.now() });
    const oldest = this.#taken.keys().next().value;
    if (this.#taken.size > maxTaken && oldest !== undefined) this.#taken.delete(oldest);
  }

  #refusalOf(error: unknown): IssueAnswer {
    if (!(error instanceof Fault)) throw error;
    if (error.code === 'pki/bad-request') return refused(400, error.message);
    if (error.code.startsWith('pki/') || error.code.startsWith('cloudhub/'))
      return refused(401, error.message);
    this.#options.logger.error('the API did not answer a join', { reason: error.message });
    return refused(503, 'the cluster does not answer, try again');
  }
}

function refused(status: number, reason: string): IssueAnswer {
  return { kind: 'refused', status, reason };
}
