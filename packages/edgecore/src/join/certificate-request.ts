// Asks the cloud to sign a new key, with a join token at first and with the certificate in hand later, and checks the answer.

import { X509Certificate } from 'node:crypto';
import { type Clock, Fault } from '@selvedge/base';
import {
  certificateToPem,
  createCertificateRequest,
  createKey,
  keyToPem,
  nodeOfSubject,
  nodeSubject,
  subjectOf,
} from '@selvedge/pki';
import type { Endpoint } from '../config.ts';
import type { NodeIdentity } from './identity-files.ts';
import { type JoinAnswer, sendJoinRequest } from './join-request.ts';

export interface CertificateRequestOptions {
  readonly endpoint: Endpoint;
  readonly caPem: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What proves to the cloud that this node may have the certificate. */
  readonly proof:
    | { readonly kind: 'token'; readonly bearer: string }
    | { readonly kind: 'certificate'; readonly identity: NodeIdentity };
}

export async function requestCertificate(options: CertificateRequestOptions): Promise<NodeIdentity> {
  const { nodeName, proof, caPem } = options;
  const key = createKey();
  const answer = await sendJoinRequest({
    endpoint: options.endpoint,
    path: '/edge.crt',
    trust: { kind: 'authority', caPem },
    headers: {
      NodeName: nodeName,
      ...(proof.kind === 'token' ? { Authorization: `Bearer ${proof.bearer}` } : {}),
    },
    body: createCertificateRequest({ key, subject: nodeSubject(nodeName) }),
    timeoutMs: options.timeoutMs,
    ...(proof.kind === 'certificate' ? { identity: proof.identity } : {}),
  });
  if (answer.status !== 200) throw refusal(answer, options);
  const certificate = parseAnswer(answer);
  if (!certificate.checkPrivateKey(key)) throw badAnswer('a certificate for another key');
  if (!certificate.verify(new X509Certificate(caPem).publicKey))
    throw badAnswer('a certificate of another CA');
  requireNode(certificate, nodeName);
  requireValidNow(certificate, options.clock.now());
  return { caPem, certificate, certificatePem: certificateToPem(certificate), keyPem: keyToPem(key) };
}

function parseAnswer({ body }: JoinAnswer): X509Certificate {
  try {
    return new X509Certificate(body);
  } catch (cause) {
    throw new Fault('join/bad-answer', 'the cloud answered with something that is not a certificate', {
      cause,
    });
  }
}

/** KubeEdge up to 1.15 names no node in its certificates; a certificate that names one must name this one. */
function requireNode(certificate: X509Certificate, nodeName: string): void {
  const named = nodeOfSubject(subjectOf(certificate));
  if (named !== undefined && named !== nodeName)
    throw badAnswer(`a certificate for node ${named} instead of ${nodeName}`);
}

function requireValidNow(certificate: X509Certificate, nowMs: number): void {
  if (Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo)) return;
  throw new Fault(
    'join/clock',
    `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}, this machine's clock says ${new Date(nowMs).toISOString()}`,
    { hint: "set this machine's clock right, then try again" },
  );
}

function badAnswer(what: string): Fault {
  return new Fault('join/bad-answer', `the cloud answered with ${what}`);
}

function refusal({ status, body }: JoinAnswer, { nodeName, proof }: CertificateRequestOptions): Fault {
  const text = body.toString('utf8').trim().slice(0, 500) || `status ${status}`;
  if (status === 409)
    return new Fault('join/name-taken', `the cloud has another node named ${nodeName}: ${text}`, {
      hint: 'choose another name with --node-name, or delete that node first: kubectl delete node NAME',
    });
  if (status >= 500)
    return new Fault('join/cloud-failed', `the cloud could not issue a certificate: ${text}`, {
      retryable: true,
    });
  if (/expired/i.test(text))
    return new Fault('join/expired', `the cloud refused: ${text}`, { hint: newTokenHint });
  return new Fault(
    'join/refused',
    `the cloud refused ${proof.kind === 'token' ? 'the token' : "the node's certificate"}: ${text}`,
    { hint: newTokenHint },
  );
}

const newTokenHint =
  'make a new token on the cloud with `selvedge token create`, and join with it; what runs here stays';
