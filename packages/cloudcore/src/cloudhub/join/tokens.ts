// Join tokens: made, listed, revoked and checked. Each token of ours has a Secret beside it that says it is still good;
// the token itself is kept nowhere but in `tokensecret`, where KubeEdge's tools look for it.

import { randomBytes } from 'node:crypto';
import { type Clock, Fault } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { resources, type Stored } from '@selvedge/kubernetes';
import {
  type Authority,
  certificateHash,
  createJoinToken,
  parseJoinToken,
  verifyBearer,
} from '@selvedge/pki';
import { hubNamespace, readAuthority, readSecret, type SecretObject } from './hub-secrets.ts';

export const tokenLabel = 'selvedge.io/join-token';
export const defaultTokenSecret = 'tokensecret';
export const defaultTokenKey = 'tokendata';
const recordPrefix = 'join-token-';
const idPattern = /^[0-9a-f]{10}$/;

export interface CreateTokenOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly lifetimeMs: number;
  /** The token is for this node alone, and lets it join again also when the node exists. */
  readonly node?: string;
}

export interface CreatedToken {
  readonly id: string;
  readonly token: string;
  readonly caHash: string;
  /** ISO 8601. */
  readonly expires: string;
}

export async function createToken(options: CreateTokenOptions): Promise<CreatedToken> {
  return createTokenOf(await readAuthority(options.client), options);
}

export async function createTokenOf(
  authority: Authority,
  options: CreateTokenOptions,
): Promise<CreatedToken> {
  const id = randomBytes(5).toString('hex');
  const expiresAtMs = Math.floor((options.clock.now() + options.lifetimeMs) / 1000) * 1000;
  const expires = new Date(expiresAtMs).toISOString();
  const record: SecretObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: recordPrefix + id, namespace: hubNamespace, labels: { [tokenLabel]: '' } },
    type: 'Opaque',
    stringData: { expires, ...(options.node === undefined ? {} : { node: options.node }) },
    data: {},
  };
  await options.client.create(resources.secrets, encodeData(record));
  const token = createJoinToken(authority, { expiresAtMs, id });
  return { id, token, caHash: certificateHash(authority.certificate), expires };
}

/** Writes `stringData` as `data`, as the API server would. */
function encodeData({ stringData = {}, ...secret }: SecretObject): SecretObject {
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...secret, data: Object.fromEntries(encoded) };
}

export interface ListedToken {
  readonly id: string;
  readonly expires: string;
  readonly node: string | undefined;
  /** The one in `tokensecret`, which is renewed by itself. */
  readonly isDefault: boolean;
}

/** The tokens that are good now. */
export async function listTokens({
  client,
  clock,
}: {
  client: KubeClient;
  clock: Clock;
}): Promise<ListedToken[]> {
  const [records, current] = await Promise.all([listRecords(client), currentDefaultId(client)]);
  return records
    .map((record) => ({ ...readRecord(record), isDefault: idOf(record) === current }))
    .filter(({ expires }) => Date.parse(expires) > clock.now());
}

/** Revokes a token, given by its id or as a whole; whether there was one. From then on nobody joins with it. */
export async function deleteToken({
  client,
  token,
}: {
  client: KubeClient;
  token: string;
}): Promise<boolean> {
  const id = idPattern.test(token) ? token : parseJoinToken(token).id;
  if (id === undefined || !idPattern.test(id)) {
    throw new Fault(
      'cloudhub/token-without-id',
      'the token has no id: a genuine KubeEdge cloudcore made it',
      {
        hint: `delete Secret ${hubNamespace}/${defaultTokenSecret}: cloudcore makes another`,
      },
    );
  }
  const wasDefault = (await currentDefaultId(client)) === id;
  const existed = await deleteSecret(client, recordPrefix + id);
  if (wasDefault) await deleteSecret(client, defaultTokenSecret);
  return existed;
}

export interface GrantedToken {
  readonly node: string | undefined;
}

export interface CheckTokenOptions {
  readonly client: KubeClient;
  readonly authority: Authority;
  readonly bearer: string;
  readonly nowMs: number;
}

/** What a bearer allows; faults say what is wrong with it. */
export async function checkToken({
  client,
  authority,
  bearer,
  nowMs,
}: CheckTokenOptions): Promise<GrantedToken> {
  const { id } = verifyBearer(authority, bearer, nowMs);
  if (id === undefined) {
    // Made by a genuine cloudcore: good as long as it is the one that is handed out.
    const current = await readDefaultToken(client);
    if (current?.endsWith(`.${bearer}`)) return { node: undefined };
  } else if (idPattern.test(id)) {
    const record = await readSecret(client, recordPrefix + id);
    if (record) return { node: readRecord(record).node };
  }
  throw new Fault('cloudhub/token-revoked', 'the token was revoked', {
    hint: 'make a new token with `selvedge token create`',
  });
}

export async function readDefaultToken(client: KubeClient): Promise<string | undefined> {
  const data = (await readSecret(client, defaultTokenSecret))?.data?.[defaultTokenKey];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
}

/** Forgets tokens that have expired. */
export async function deleteExpiredTokens(client: KubeClient, nowMs: number): Promise<void> {
  for (const record of await listRecords(client)) {
    if (Date.parse(readRecord(record).expires) <= nowMs) await deleteSecret(client, record.metadata.name);
  }
}

async function listRecords(client: KubeClient): Promise<Stored<SecretObject>[]> {
  const list = await client.list<SecretObject>(resources.secrets, {
    namespace: hubNamespace,
    labelSelector: tokenLabel,
  });
  return list.items.filter((record) => idPattern.test(idOf(record)));
}

function idOf(record: Stored<SecretObject>): string {
  return record.metadata.name.slice(recordPrefix.length);
}

function readRecord(record: Stored<SecretObject>): { id: string; expires: string; node: string | undefined } {
  const text = (key: string) => {
    const value = record.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
  };
  return { id: idOf(record), expires: text('expires') ?? new Date(0).toISOString(), node: text('node') };
}

async function currentDefaultId(client: KubeClient): Promise<string | undefined> {
  const token = await readDefaultToken(client);
  if (token === undefined) return undefined;
  try {
    return parseJoinToken(token).id;
  } catch {
    // Not a token: whoever wrote it, it can not be the one asked about.
    return undefined;
  }
}

async function deleteSecret(client: KubeClient, name: string): Promise<boolean> {
  try {
    await client.delete({ type: resources.secrets, namespace: hubNamespace, name });
    return true;
  } catch (error) {
    if (isApiFault(error, 'NotFound')) return false;
    throw error;
  }
}
