// Certificate signing requests that an edge makes through us: for its own serving certificate, under its own name.

import type { KubeClient } from '@selvedge/client';
import { type CertificateSigningRequest, type KubeObject, resources } from '@selvedge/kubernetes';
import { type DistinguishedName, nodeOfSubject, parseCertificateRequest } from '@selvedge/pki';
import { withType } from '../resource-types.ts';
import { badRequest, forbidden } from './refusal.ts';
import { type Answer, contentObject, type EdgeRequest } from './request.ts';

type SigningRequest = CertificateSigningRequest & KubeObject;

const signer = 'kubernetes.io/kubelet-serving';

export async function insertSigningRequest(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const { name, session } = request;
  const { metadata, spec } = contentObject(request) as SigningRequest;
  const refuse = (why: string) => forbidden({ resource: 'certificatesigningrequests', name }, why);
  if (spec?.signerName !== signer) throw refuse(`node "${session.node}" can only ask signer ${signer}`);
  if (subjectNode(spec.request) !== session.node) {
    throw refuse(`node "${session.node}" can only ask for a certificate of its own`);
  }
  const { usages, expirationSeconds } = spec;
  const created = await client.create<SigningRequest>(resources.certificatesigningrequests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, ...(metadata?.generateName ? { generateName: metadata.generateName } : {}) },
    spec: {
      request: spec.request,
      signerName: signer,
      ...(usages ? { usages } : {}),
      ...(typeof expirationSeconds === 'number' ? { expirationSeconds } : {}),
    },
  });
  return { kind: 'result', object: created };
}

export async function querySigningRequest(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const { name, session } = request;
  const type = resources.certificatesigningrequests;
  const present = await client.get<SigningRequest>({ type, name });
  if (subjectNode(present.spec?.request) !== session.node) {
    throw forbidden({ resource: type.resource, name }, `it is not node "${session.node}"'s`);
  }
  return { kind: 'object', object: withType(present, type) };
}

/** The node that a request (base64 of PEM) names in its subject. */
function subjectNode(request: unknown): string | undefined {
  if (typeof request !== 'string' || request.length > 32_768)
    throw badRequest('spec.request is no text of fair size');
  const pem = Buffer.from(request, 'base64').toString('latin1');
  const body = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END CERTIFICATE REQUEST-----/.exec(
    pem,
  )?.[1];
  if (!body) throw badRequest('spec.request holds no CERTIFICATE REQUEST');
  return nodeOfSubject(parsedSubject(Buffer.from(body, 'base64')));
}

function parsedSubject(bytes: Buffer): DistinguishedName {
  try {
    return parseCertificateRequest(bytes).subject;
  } catch (cause) {
    throw badRequest(
      `spec.request can not be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}
