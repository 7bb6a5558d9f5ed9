// One HTTPS request to the cloud's join endpoint, its failures told apart in words that help whoever stands at the machine.

import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { Fault } from '@selvedge/base';
import { type Endpoint, formatEndpoint } from '../config.ts';

/** Whom the server must prove to be. */
export type ServerTrust =
  | { readonly kind: 'authority'; readonly caPem: string }
  /**
   * Anyone: only for fetching the CA itself, which is then held against the hash in the join token. Nothing secret is
   * sent on such a connection, and nothing from it is used before that check.
   */
  | { readonly kind: 'pinned-afterwards' };

export interface JoinRequest {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly trust: ServerTrust;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly identity?: { readonly certificatePem: string; readonly keyPem: string };
  readonly timeoutMs: number;
}

export interface JoinAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** The server's clock, if it told. */
  readonly serverTimeMs: number | undefined;
}

const maxAnswerBytes = 256 * 1024;

export function sendJoinRequest(options: JoinRequest): Promise<JoinAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(joinFault(options.endpoint, cause));
    const outgoing = open(options);
    // Bounds the whole exchange; the socket's own timeout would start anew with each byte.
    const timer = setTimeout(() => outgoing.destroy(timedOut(options)), options.timeoutMs);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('error', fail);
    outgoing.on('response', (answer: IncomingMessage) => {
      readBody(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, body, serverTimeMs: serverTime(answer) }),
        (error) => {
          outgoing.destroy();
          fail(error);
        },
      );
    });
    outgoing.end(options.body);
  });
}

function open(options: JoinRequest): ClientRequest {
  const { endpoint, trust, identity, body } = options;
  return request({
    host: endpoint.host,
    port: endpoint.port,
    path: options.path,
    // KubeEdge's certificate request is a GET with a body.
    method: 'GET',
    agent: false,
    headers: { ...options.headers, ...(body ? { 'content-length': body.length } : {}) },
    minVersion: 'TLSv1.2',
    ...(trust.kind === 'authority' ? { ca: trust.caPem } : { rejectUnauthorized: false }),
    ...(identity ? { cert: identity.certificatePem, key: identity.keyPem } : {}),
  });
}

async function readBody(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes)
      throw new Fault('join/bad-answer', `the answer is larger than ${maxAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function serverTime(answer: IncomingMessage): number | undefined {
  const time = Date.parse(answer.headers.date ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function timedOut({ endpoint, timeoutMs }: JoinRequest): Fault {
  return new Fault('join/unreachable', `${formatEndpoint(endpoint)} did not answer within ${timeoutMs} ms`, {
    retryable: true,
    hint: 'check the address, the port and any firewall between here and the cloud',
  });
}

/** Node's and OpenSSL's codes, in words. */
export function joinFault(endpoint: Endpoint, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const where = formatEndpoint(endpoint);
  const code = String((cause as { code?: unknown }).code ?? '');
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return new Fault('join/wrong-host', `the cloud's certificate is not made for ${endpoint.host}`, {
        cause,
        hint: `use an address the certificate names, or start cloudcore with --advertise ${endpoint.host}`,
      });
    case 'CERT_NOT_YET_VALID':
    case 'CERT_HAS_EXPIRED':
      return new Fault('join/clock', `the cloud's certificate is not valid at this machine's time`, {
        cause,
        hint: `this machine's clock says ${new Date().toISOString()}: set it right, then try again`,
      });
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'CERT_SIGNATURE_FAILURE':
      return new Fault('join/wrong-ca', `${where} has a certificate of another CA than this node's cloud`, {
        cause,
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(`the name ${endpoint.host} can not be resolved`, cause);
    case 'ECONNREFUSED':
      return unreachable(`nothing listens on ${where}`, cause);
    default:
      return isProtocolError(code)
        ? new Fault('join/not-a-cloud', `${where} does not speak HTTPS as a cloud's join endpoint does`, {
            cause,
            hint: "give the hub's port (10000 unless set otherwise): the join endpoint is two ports up",
          })
        : unreachable(`${where} can not be reached`, cause);
  }
}

function isProtocolError(code: string): boolean {
  return /^(HPE_|ERR_SSL_|ERR_HTTP|ERR_TLS|EPROTO|ECONNRESET|ConnectionClosed|Malformed)/.test(code);
}

function unreachable(message: string, cause: unknown): Fault {
  return new Fault('join/unreachable', message, {
    cause,
    retryable: true,
    hint: "check that cloudcore runs, that HOST:PORT is the hub's (10000 unless set otherwise), and any firewall between",
  });
}
