// The hub's CA and server certificate in KubeEdge's Secrets, made when they are not there, so that several cloudcores and a
// genuine one share them. Raw DER, keys in SEC1.

import { isIP } from 'node:net';
import { type Clock, Fault, type Logger } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, resources, type Secret, type Stored } from '@selvedge/kubernetes';
import {
  type Authority,
  createKubeEdgeAuthority,
  createServerIdentity,
  type Identity,
  identityFromDer,
  isIssuedBy,
  keyToSec1,
} from '@selvedge/pki';

export const hubNamespace = 'kubeedge';
const authoritySecret = { name: 'casecret', certificate: 'cadata', key: 'cakeydata' } as const;
const serverSecret = {
  name: 'cloudcoresecret',
  certificate: 'cloudcoredata',
  key: 'cloudcorekeydata',
} as const;

const serverLifetimeDays = 3_650;
const renewBeforeMs = 30 * 24 * 60 * 60 * 1000;

export type SecretObject = Secret & KubeObject;

export interface HubSecretsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Addresses and names under which edges reach the hub; loopback is always among them. */
  readonly hosts: readonly string[];
}

export interface HubIdentity {
  readonly authority: Authority;
  readonly server: Identity;
}

/** Reads the hub's keys, making what is missing or no longer fits. Safe for several replicas at once. */
export async function ensureHubIdentity(options: HubSecretsOptions): Promise<HubIdentity> {
  await ensureNamespace(options.client);
  const authority = await ensureAuthority(options);
  return { authority, server: await ensureServer(options, authority) };
}

async function ensureNamespace(client: KubeClient): Promise<void> {
  try {
    await client.get({ type: resources.namespaces, name: hubNamespace });
  } catch (error) {
    // Least rights do not cover namespaces: then whoever gave them made this one.
    if (isApiFault(error, 'Forbidden')) return;
    if (!isApiFault(error, 'NotFound')) throw error;
    await ignoreExisting(
      client.create(resources.namespaces, {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: hubNamespace },
      }),
    );
  }
}

/** The CA that is there; a fault when there is none yet. */
export async function readAuthority(client: KubeClient): Promise<Authority> {
  const secret = await readSecret(client, authoritySecret.name);
  if (!secret) {
    throw new Fault('cloudhub/no-authority', 'the cluster has no hub CA yet: cloudcore has not run on it', {
      hint: 'start cloudcore first',
    });
  }
  return identityOf(secret, authoritySecret);
}

async function ensureAuthority({ client, clock, logger }: HubSecretsOptions): Promise<Authority> {
  const existing = await readSecret(client, authoritySecret.name);
  if (existing) return identityOf(existing, authoritySecret);
  const authority = createKubeEdgeAuthority(clock.now());
  await ignoreExisting(client.create(resources.secrets, secretOf(authoritySecret, authority)));
  logger.info('hub CA made', { secret: `${hubNamespace}/${authoritySecret.name}` });
  return readAuthority(client);
}

/**
 * The server certificate, made anew when it is another CA's, near its end, or lacks one of our addresses. What the old one
 * named stays named, so that replicas with different addresses do not take turns.
 */
async function ensureServer(options: HubSecretsOptions, authority: Authority): Promise<Identity> {
  const { client, clock, logger } = options;
  const wanted = new Set([...options.hosts, '127.0.0.1', '::1', 'localhost']);
  const existing = await readSecret(client, serverSecret.name);
  const current = existing ? tryIdentityOf(existing) : undefined;
  if (current && isGood(current, authority, wanted, clock.now())) return current;
  const issued = current && isIssuedBy(current.certificate, authority) ? alternativeNames(current) : [];
  const server = createServerIdentity(authority, {
    subject: { organizations: ['KubeEdge'], commonName: 'KubeEdge' },
    nowMs: clock.now(),
    lifetimeDays: serverLifetimeDays,
    hosts: [...new Set([...wanted, ...issued])],
  });
  const object = secretOf(serverSecret, server);
  if (existing) {
    const resourceVersion = existing.metadata.resourceVersion;
    await client.update(resources.secrets, { ...object, metadata: { ...object.metadata, resourceVersion } });
  } else {
    await ignoreExisting(client.create(resources.secrets, object));
  }
  logger.info('hub server certificate made', { hosts: [...wanted].join(',') });
  const stored = await readSecret(client, serverSecret.name);
  return stored ? identityOf(stored, serverSecret) : server;
}

function isGood(
  identity: Identity,
  authority: Authority,
  wanted: ReadonlySet<string>,
  nowMs: number,
): boolean {
  const { certificate } = identity;
  if (!isIssuedBy(certificate, authority)) return false;
  if (Date.parse(certificate.validTo) - nowMs < renewBeforeMs) return false;
  return [...wanted].every((host) =>
    isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host),
  );
}

/** The names of a certificate, from the text in which node:crypto gives them. */
function alternativeNames({ certificate }: Identity): string[] {
  const names = (certificate.subjectAltName ?? '').split(', ');
  return names.map((name) => name.replace(/^(IP Address|DNS):/, '')).filter((name) => name !== '');
}

type SecretKeys = typeof authoritySecret | typeof serverSecret;

function identityOf(secret: SecretObject, keys: SecretKeys): Identity {
  const part = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64');
  try {
    return identityFromDer(part(keys.certificate), part(keys.key));
  } catch (cause) {
    throw new Fault(
      'cloudhub/bad-secret',
      `Secret ${hubNamespace}/${keys.name} does not hold what it should`,
      {
        cause,
        hint: 'restore the Secret; if it is lost for good, delete it, restart cloudcore and join the edges again',
      },
    );
  }
}

function tryIdentityOf(secret: SecretObject): Identity | undefined {
  try {
    return identityOf(secret, serverSecret);
  } catch {
    // A server certificate is no loss: it is made anew.
    return undefined;
  }
}

function secretOf(keys: SecretKeys, identity: Identity): SecretObject & { metadata: object } {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: keys.name, namespace: hubNamespace },
    type: 'Opaque',
    data: {
      [keys.certificate]: Buffer.from(identity.certificate.raw).toString('base64'),
      [keys.key]: keyToSec1(identity.key).toString('base64'),
    },
  };
}

export async function readSecret(
  client: KubeClient,
  name: string,
): Promise<Stored<SecretObject> | undefined> {
  try {
    return await client.get<SecretObject>({ type: resources.secrets, namespace: hubNamespace, name });
  } catch (error) {
    if (isApiFault(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Another replica was faster: what it made is as good. */
export async function ignoreExisting(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (!isApiFault(error, 'AlreadyExists')) throw error;
  }
}
