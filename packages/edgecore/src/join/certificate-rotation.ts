// Keeps the node's certificate fresh: asks for a new one late in its life, and goes on trying also when it has expired.

import { Backoff, type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import { rotationDueMs } from '@selvedge/pki/subject';
import type { Endpoint } from '../config.ts';
import type { requestCertificate } from './certificate-request.ts';
import { type IdentityPaths, type NodeIdentity, writeIdentity } from './identity-files.ts';

export interface RotationOptions {
  readonly endpoint: Endpoint;
  readonly nodeName: string;
  readonly paths: IdentityPaths;
  readonly identity: NodeIdentity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** The certificate has changed: connections should be made anew. */
  readonly onRotated: (identity: NodeIdentity) => void;
  readonly request?: typeof requestCertificate;
}

/** Nodes that joined together spread their renewals over this part of the certificate's life. */
const earliestShare = 0.7;
const latestShare = 0.9;
const retryInitialMs = 2_000;
const retryMaxMs = 10 * 60_000;
const requestTimeoutMs = 30_000;
/** A timer counts 32 bits of milliseconds, and sleeping machines do not count at all: look again this often. */
const maxSleepMs = 60 * 60_000;

export async function runCertificateRotation(options: RotationOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, logger } = options;
  const share = earliestShare + (latestShare - earliestShare) * random();
  const backoff = new Backoff({ initialMs: retryInitialMs, maxMs: retryMaxMs, random });
  let identity = options.identity;
  while (!signal.aborted) {
    const dueMs = rotationDueMs(identity.certificate, { share });
    const waitMs = Math.min(dueMs - clock.now(), maxSleepMs);
    if (waitMs > 0) {
      await sleep(clock, waitMs, signal);
      continue;
    }
    const renewed = await renew(options, identity);
    if (signal.aborted) return;
    if (renewed) {
      backoff.reset();
      identity = renewed;
      logger.info('certificate renewed', { validTo: renewed.certificate.validTo });
      options.onRotated(renewed);
    } else {
      await sleep(clock, backoff.next(), signal);
    }
  }
}

async function renew(options: RotationOptions, identity: NodeIdentity): Promise<NodeIdentity | undefined> {
  try {
    // Loaded for the moment's use: most of a node's life needs neither HTTPS nor certificate requests.
    const request = options.request ?? (await import('./certificate-request.ts')).requestCertificate;
    const renewed = await request({
      endpoint: options.endpoint,
      caPem: identity.caPem,
      nodeName: options.nodeName,
      clock: options.clock,
      timeoutMs: requestTimeoutMs,
      proof: { kind: 'certificate', identity },
    });
    writeIdentity(options.paths, renewed);
    return renewed;
  } catch (error) {
    const expired = Date.parse(identity.certificate.validTo) < options.clock.now();
    options.logger.warn('certificate can not be renewed', {
      error: describeError(error),
      validTo: identity.certificate.validTo,
      hint: expired ? 'join again with a new token; what runs here stays' : undefined,
    });
    return undefined;
  }
}
