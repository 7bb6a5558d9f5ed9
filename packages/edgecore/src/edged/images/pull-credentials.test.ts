import { expect, test } from 'bun:test';
import type { Secret } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { parseImageReference } from './image-reference.ts';
import { pullCredentials } from './pull-credentials.ts';

function secret(auths: object, key = '.dockerconfigjson'): Secret {
  const config = key === '.dockercfg' ? auths : { auths };
  return { data: { [key]: Buffer.from(JSON.stringify(config)).toString('base64') } };
}

function usersFor(image: string, ...secrets: Secret[]): string[] {
  const reference = parseImageReference(image);
  if (!reference) throw new Error('no image');
  return pullCredentials(reference, secrets).map(({ username = '' }) => username);
}

const login = (user: string) => ({ auth: Buffer.from(`${user}:pass:word`).toString('base64') });

test('credentials fit by registry and path, the most specific first', () => {
  const config = secret({
    'https://index.docker.io/v1/': login('hub'),
    'ghcr.io': login('all'),
    'ghcr.io/team': login('team'),
    'ghcr.io/team/app': login('app'),
    '*.example.com': login('wild'),
    'localhost:5000': { username: 'plain', password: 'p' },
  });
  expect(usersFor('busybox', config)).toEqual(['hub']);
  expect(usersFor('ghcr.io/team/app:1', config)).toEqual(['app', 'team', 'all']);
  expect(usersFor('ghcr.io/teams/app', config)).toEqual(['all']);
  expect(usersFor('eu.example.com/a', config)).toEqual(['wild']);
  expect(usersFor('a.eu.example.com/a', config)).toEqual([]);
  expect(usersFor('localhost:5000/a', config)).toEqual(['plain']);
  expect(usersFor('ghcr.io/a', secret({ 'ghcr.io': login('old') }, '.dockercfg'))).toEqual(['old']);
});

test('a password may hold colons, and tokens are passed on', () => {
  const reference = parseImageReference('ghcr.io/a');
  if (!reference) throw new Error('no image');
  const config = secret({ 'ghcr.io': { ...login('u'), identitytoken: 'i', registrytoken: 'r' } });
  expect(pullCredentials(reference, [config])).toEqual([
    {
      serverAddress: 'ghcr.io',
      username: 'u',
      password: 'pass:word',
      identityToken: 'i',
      registryToken: 'r',
    },
  ]);
});

test('secrets that can not be read are left out, whatever they hold', () => {
  const odd: Secret[] = [
    {},
    { data: {} },
    secret([]),
    secret({ 'ghcr.io': 'x' }),
    { data: { '.dockerconfigjson': Buffer.from('{').toString('base64') } },
    { data: { '.dockerconfigjson': Buffer.from('null').toString('base64') } },
  ];
  expect(usersFor('ghcr.io/a', ...odd)).toEqual([]);
  fc.assert(
    fc.property(fc.json(), (json) => {
      const data = { '.dockerconfigjson': Buffer.from(json).toString('base64') };
      return Array.isArray(usersFor('ghcr.io/a', { data }));
    }),
  );
});
