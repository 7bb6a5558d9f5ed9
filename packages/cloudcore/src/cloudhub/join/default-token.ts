// Keeps a good token in `kubeedge/tokensecret`, where keadm and scripts of KubeEdge users look for it; never stops trying.

import { Backoff, type Clock, describeError, type Logger, sleep } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import { resources } from '@selvedge/kubernetes';
import { type Authority, parseJoinToken, verifyBearer } from '@selvedge/pki';
import { hubNamespace, ignoreExisting, readSecret, type SecretObject } from './hub-secrets.ts';
import {
  createTokenOf,
  defaultTokenKey,
  defaultTokenSecret,
  deleteExpiredTokens,
  readDefaultToken,
} from './tokens.ts';

export interface DefaultTokenOptions {
  readonly client: KubeClient;
  readonly authority: Authority;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A token lives twice as long (KubeEdge: 12 h, so 24 h). */
  readonly refreshMs: number;
}

/** How often the Secret is looked at: it may have been deleted, to revoke its token. */
const lookEveryMs = 10 * 60 * 1000;

export async function keepDefaultToken(options: DefaultTokenOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger } = options;
  const backoff = new Backoff({ initialMs: 1_000, maxMs: 60_000 });
  while (!signal.aborted) {
    let waitMs = lookEveryMs;
    try {
      await refreshDefaultToken(options);
      await deleteExpiredTokens(options.client, clock.now());
      backoff.reset();
    } catch (error) {
      waitMs = backoff.next();
      logger.warn('join token not refreshed, will try again', { reason: describeError(error) });
    }
    await sleep(clock, waitMs, signal);
  }
}

/** Writes a new token when there is none, or when the one there has lived half its life; whether it did. */
export async function refreshDefaultToken(options: DefaultTokenOptions): Promise<boolean> {
  const { client, authority, clock, refreshMs } = options;
  if (isFresh(await readDefaultToken(client), options)) return false;
  const { token } = await createTokenOf(authority, { client, clock, lifetimeMs: 2 * refreshMs });
  const object: SecretObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: defaultTokenSecret, namespace: hubNamespace },
    type: 'Opaque',
    data: { [defaultTokenKey]: Buffer.from(token).toString('base64') },
  };
  const existing = await readSecret(client, defaultTokenSecret);
  if (existing) {
    const resourceVersion = existing.metadata.resourceVersion;
    await client.update(resources.secrets, { ...object, metadata: { ...object.metadata, resourceVersion } });
  } else {
    await ignoreExisting(client.create(resources.secrets, object));
  }
  return true;
}

function isFresh(token: string | undefined, { authority, clock, refreshMs }: DefaultTokenOptions): boolean {
  if (token === undefined) return false;
  try {
    const { bearer } = parseJoinToken(token);
    return verifyBearer(authority, bearer, clock.now()).expiresAtMs - clock.now() > refreshMs;
  } catch {
    // Expired, of another CA, or no token at all: a new one takes its place.
    return false;
  }
}
