// Makes a machine a node of a cloud: pins the cloud's CA by the token's hash, gets a certificate, writes the configuration.

import { X509Certificate } from 'node:crypto';
import { type Clock, Fault, type Logger } from '@selvedge/base';
import { certificateToPem, type JoinToken, parseJoinToken, requirePinnedAuthority } from '@selvedge/pki';
import {
  type EdgeCoreConfig,
  type Endpoint,
  edgeCoreConfig,
  formatEndpoint,
  parseEndpoint,
} from '../config.ts';
import { writeConfig } from '../config-file.ts';
import { requestCertificate } from './certificate-request.ts';
import { writeIdentity } from './identity-files.ts';
import { sendJoinRequest } from './join-request.ts';

export interface JoinOptions {
  /** The hub's `HOST:PORT`; the join endpoint is two ports up unless `settings` say otherwise. */
  readonly endpoint: string;
  /** As `selvedge token create` or `keadm gettoken` print it. */
  readonly token: string;
  /** The host's name if empty. */
  readonly nodeName: string;
  readonly directory: string;
  /** More options for `edgecore.json`, by their keys. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 15_000;
const maxClockSkewMs = 5 * 60_000;

type JoinValues = Pick<JoinOptions, 'endpoint' | 'token' | 'nodeName' | 'directory' | 'settings'>;

interface JoinPlan {
  readonly token: JoinToken;
  readonly values: Readonly<Record<string, unknown>>;
  readonly config: EdgeCoreConfig;
}

/** Throws where a token, an address or a name can not be what it should be; asks nobody. */
export function planJoin(options: JoinValues): JoinPlan {
  const values = { nodeName: options.nodeName, hubEndpoints: [options.endpoint], ...options.settings };
  return {
    token: parseJoinToken(options.token),
    values,
    config: edgeCoreConfig({ directory: options.directory, ...values }),
  };
}

/** Afterwards `startEdgeCore` can start from the directory. Joining again renews the identity and keeps the state. */
export async function joinCloud(options: JoinOptions): Promise<EdgeCoreConfig> {
  const { clock, timeoutMs = defaultTimeoutMs } = options;
  const { token, values, config } = planJoin(options);
  const endpoint = parseEndpoint(config.joinEndpoint);
  const caPem = await fetchAuthority(endpoint, token, { ...options, timeoutMs });
  const identity = await requestCertificate({
    endpoint,
    caPem,
    nodeName: config.nodeName,
    clock,
    timeoutMs,
    proof: { kind: 'token', bearer: token.bearer },
  });
  writeIdentity(config, identity);
  writeConfig(options.directory, { ...values, nodeName: config.nodeName });
  options.logger.info('joined', { node: config.nodeName, cloud: options.endpoint });
  return config;
}

interface FetchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
}

async function fetchAuthority(endpoint: Endpoint, token: JoinToken, options: FetchOptions): Promise<string> {
  const answer = await sendJoinRequest({
    endpoint,
    path: '/ca.crt',
    trust: { kind: 'pinned-afterwards' },
    timeoutMs: options.timeoutMs,
  });
  if (answer.status !== 200)
    throw new Fault(
      'join/not-a-cloud',
      `${formatEndpoint(endpoint)} answered ${answer.status} when asked for its CA`,
      { hint: "give the hub's port (10000 unless set otherwise): the join endpoint is two ports up" },
    );
  const authority = parseAuthority(answer.body, endpoint);
  requirePinnedAuthority(token, authority.raw);
  checkTime(token, answer.serverTimeMs, options);
  return certificateToPem(authority);
}

function parseAuthority(body: Buffer, endpoint: Endpoint): X509Certificate {
  try {
    return new X509Certificate(body);
  } catch (cause) {
    throw new Fault(
      'join/not-a-cloud',
      `${formatEndpoint(endpoint)} answered with something that is not a CA certificate`,
      { cause },
    );
  }
}

/** The cloud's clock counts: a machine that wakes up in 1970 must not call a good token expired, nor the reverse. */
function checkTime(
  token: JoinToken,
  serverTimeMs: number | undefined,
  { clock, logger }: FetchOptions,
): void {
  const nowMs = clock.now();
  if (serverTimeMs !== undefined && Math.abs(serverTimeMs - nowMs) > maxClockSkewMs)
    logger.warn("this machine's clock and the cloud's differ", {
      here: new Date(nowMs).toISOString(),
      cloud: new Date(serverTimeMs).toISOString(),
    });
  if (token.expiresAtMs > (serverTimeMs ?? nowMs)) return;
  throw new Fault('join/expired', `the token expired at ${new Date(token.expiresAtMs).toISOString()}`, {
    hint: 'make a new token on the cloud with `selvedge token create`',
  });
}
