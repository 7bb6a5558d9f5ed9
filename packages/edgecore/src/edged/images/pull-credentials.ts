// Registry credentials out of a pod's image pull secrets.

import type { Secret } from '@selvedge/kubernetes';
import type { AuthConfig } from '../cri/cri.gen.ts';
import type { ImageReference } from './image-reference.ts';

type Entry = Readonly<Record<string, unknown>>;

/** Those that fit the image, the most specific first. What can not be read is left out. */
export function pullCredentials(image: ImageReference, secrets: readonly Secret[]): AuthConfig[] {
  const target = `${image.registry}/${image.path}`;
  return secrets
    .flatMap((secret) => entries(secret))
    .filter(([server]) => fits(target, server))
    .sort(([a], [b]) => b.length - a.length)
    .map(([server, entry]) => toAuth(server, entry));
}

function entries(secret: Secret): [string, Entry][] {
  const data = secret.data ?? {};
  const config = parse(data['.dockerconfigjson']);
  const auths = config ? config.auths : parse(data['.dockercfg']);
  if (typeof auths !== 'object' || auths === null) return [];
  return Object.entries(auths)
    .filter((pair): pair is [string, Entry] => typeof pair[1] === 'object' && pair[1] !== null)
    .map(([server, entry]) => [normalize(server), entry]);
}

function parse(base64: string | undefined): Entry | undefined {
  if (base64 === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString());
    return typeof value === 'object' && value !== null ? (value as Entry) : undefined;
  } catch {
    return undefined; // a secret of another kind
  }
}

function normalize(server: string): string {
  const bare = server.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '');
  return bare.replace(/^(index|registry-1)\.docker\.io/, 'docker.io');
}

/** Host parts may be `*`; a path is a prefix. */
function fits(target: string, server: string): boolean {
  const [host = '', ...path] = server.split('/');
  const [targetHost = '', ...targetPath] = target.split('/');
  const wanted = host.split('.');
  const parts = targetHost.split('.');
  if (wanted.length !== parts.length) return false;
  if (!wanted.every((part, index) => part === '*' || part === parts[index])) return false;
  return path.every((part, index) => part === targetPath[index]);
}

function toAuth(serverAddress: string, entry: Entry): AuthConfig {
  const text = (key: string) => (typeof entry[key] === 'string' ? entry[key] : '');
  const [user = '', ...rest] = Buffer.from(text('auth'), 'base64').toString().split(':');
  return {
    serverAddress,
    username: text('username') || user,
    password: text('password') || rest.join(':'),
    identityToken: text('identitytoken'),
    registryToken: text('registrytoken'),
  };
}
