// kubeconfig files: which API server, which CA, which credentials; parsed once into the options of a client.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Clock, Fault, systemClock } from '@selvedge/base';
import { parse } from 'yaml';
import { isRecord } from './json.ts';
import type { KubeClientOptions } from './rest-client.ts';

const maxKubeconfigBytes = 1024 * 1024;
const tokenRereadMs = 60_000;

type ClientTarget = Pick<KubeClientOptions, 'server' | 'serverName' | 'ca' | 'cert' | 'key' | 'token'>;

export interface Kubeconfig extends ClientTarget {
  /** The namespace of the context, `default` where it names none. */
  readonly namespace: string;
}

export interface KubeconfigOptions {
  /** The context to use; the file's current one unless given. */
  readonly context?: string;
  readonly clock?: Clock;
}

/** Reads a kubeconfig file and the files it names. */
export async function loadKubeconfig(path: string, options: KubeconfigOptions = {}): Promise<Kubeconfig> {
  const text = await readCapped(path, 'the kubeconfig');
  return resolveKubeconfig(parseKubeconfig(text, path), { ...options, path });
}

/** The document of a kubeconfig, YAML or JSON. */
export function parseKubeconfig(text: string, path: string): Record<string, unknown> {
  try {
    const document: unknown = parse(text, { maxAliasCount: 100, logLevel: 'error' });
    if (isRecord(document)) return document;
  } catch (cause) {
    throw new Fault('client/invalid-kubeconfig', `${path} is not valid YAML`, { cause });
  }
  throw new Fault('client/invalid-kubeconfig', `${path} holds no kubeconfig`);
}

async function resolveKubeconfig(
  document: Record<string, unknown>,
  options: KubeconfigOptions & { readonly path: string },
): Promise<Kubeconfig> {
  const { path } = options;
  const contextName = options.context ?? stringOf(document, 'current-context');
  if (!contextName) throw invalid(path, 'names no current context');
  const context = entry(document, { list: 'contexts', item: 'context', name: contextName, path });
  const cluster = entry(document, {
    list: 'clusters',
    item: 'cluster',
    name: stringOf(context, 'cluster'),
    path,
  });
  const userName = stringOf(context, 'user');
  const user = userName ? entry(document, { list: 'users', item: 'user', name: userName, path }) : {};
  refuseUnsupported(cluster, user, path);
  const server = stringOf(cluster, 'server');
  if (!server) throw invalid(path, `gives cluster ${stringOf(context, 'cluster')} no server`);
  const serverName = stringOf(cluster, 'tls-server-name');
  return {
    server,
    namespace: stringOf(context, 'namespace') ?? 'default',
    ...(serverName ? { serverName } : {}),
    ...present('ca', await pemOf(cluster, 'certificate-authority', path)),
    ...present('cert', await pemOf(user, 'client-certificate', path)),
    ...present('key', await pemOf(user, 'client-key', path)),
    ...tokenOf(user, options),
  };
}

function entry(
  document: Record<string, unknown>,
  wanted: { list: string; item: string; name: string | undefined; path: string },
): Record<string, unknown> {
  const list = document[wanted.list];
  const found = (Array.isArray(list) ? list : []).find((one) => isRecord(one) && one.name === wanted.name);
  const value = isRecord(found) ? found[wanted.item] : undefined;
  if (isRecord(value)) return value;
  throw invalid(wanted.path, `has no entry ${JSON.stringify(wanted.name ?? '')} under ${wanted.list}`);
}

/** What other clients can do and this one does not is an error that says so, not a silent difference. */
function refuseUnsupported(
  cluster: Record<string, unknown>,
  user: Record<string, unknown>,
  path: string,
): void {
  if (user.exec !== undefined || user['auth-provider'] !== undefined) {
    throw new Fault(
      'client/unsupported-credentials',
      `${path} gets its credentials from a plug-in, which is not supported`,
      {
        hint: 'Use a kubeconfig with a client certificate or a token, such as one of a service account.',
      },
    );
  }
  if (user.username !== undefined) throw invalid(path, 'uses a password, which Kubernetes no longer takes');
  if (user.as !== undefined) throw invalid(path, 'impersonates another user, which is not supported');
  if (cluster['insecure-skip-tls-verify'] === true) {
    throw invalid(
      path,
      'skips the check of the server certificate; give it certificate-authority-data instead',
    );
  }
  if (cluster['proxy-url'] !== undefined) throw invalid(path, 'asks for a proxy, which is not supported');
}

async function pemOf(
  section: Record<string, unknown>,
  field: string,
  path: string,
): Promise<string | undefined> {
  const inline = stringOf(section, `${field}-data`);
  if (inline) return Buffer.from(inline, 'base64').toString('utf8');
  const file = stringOf(section, field);
  return file ? readCapped(resolve(dirname(path), file), field) : undefined;
}

function tokenOf(
  user: Record<string, unknown>,
  options: KubeconfigOptions & { readonly path: string },
): Pick<ClientTarget, 'token'> {
  const file = stringOf(user, 'tokenFile');
  if (file) return { token: tokenReader(resolve(dirname(options.path), file), options.clock ?? systemClock) };
  const token = stringOf(user, 'token');
  return token ? { token } : {};
}

/** Reads a token file, again each minute: such tokens are replaced while programs run. */
function tokenReader(path: string, clock: Clock): () => Promise<string> {
  let last: { token: string; readMs: number } | undefined;
  return async () => {
    if (last && clock.monotonic() - last.readMs < tokenRereadMs) return last.token;
    last = { token: (await readCapped(path, 'the token file')).trim(), readMs: clock.monotonic() };
    return last.token;
  };
}

async function readCapped(path: string, what: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Fault('client/invalid-kubeconfig', `${what} ${path} cannot be read`, { cause });
  });
  if (bytes.length > maxKubeconfigBytes) throw invalid(path, `is longer than ${maxKubeconfigBytes} bytes`);
  return bytes.toString('utf8');
}

function stringOf(section: Record<string, unknown>, field: string): string | undefined {
  const value = section[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const present = <K extends string>(key: K, value: string | undefined) =>
  value === undefined ? {} : ({ [key]: value } as Record<K, string>);

function invalid(path: string, what: string): Fault {
  return new Fault('client/invalid-kubeconfig', `the kubeconfig ${path} ${what}`);
}
