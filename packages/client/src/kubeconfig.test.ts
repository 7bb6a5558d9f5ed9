import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { loadKubeconfig, parseKubeconfig } from './kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'selvedge-kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

function file(user: string, cluster = `certificate-authority-data: ${base64('CA PEM')}`): string {
  const path = join(folder, `${fc.sample(fc.uuid(), 1)[0]}.kubeconfig`);
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
current-context: main
contexts:
- name: main
  context: {cluster: c, user: u, namespace: work}
clusters:
- name: c
  cluster:
    server: https://127.0.0.1:6443
    ${cluster}
users:
- name: u
  user:
    ${user}
`,
  );
  return path;
}

test('certificates come inline or from files beside the kubeconfig', async () => {
  writeFileSync(join(folder, 'client.crt'), 'CERT PEM');
  writeFileSync(join(folder, 'ca.crt'), 'CA FILE');
  const path = file(
    `client-certificate: client.crt\n    client-key-data: ${base64('KEY PEM')}`,
    'certificate-authority: ca.crt\n    tls-server-name: kubernetes',
  );
  expect(await loadKubeconfig(path)).toEqual({
    server: 'https://127.0.0.1:6443',
    serverName: 'kubernetes',
    namespace: 'work',
    ca: 'CA FILE',
    cert: 'CERT PEM',
    key: 'KEY PEM',
  });
});

test('a token comes inline or from a file that is read again', async () => {
  expect(await loadKubeconfig(file('token: abc'))).toMatchObject({ ca: 'CA PEM', token: 'abc' });
  writeFileSync(join(folder, 'token'), 'from-file\n');
  const { token } = await loadKubeconfig(file('tokenFile: token'));
  expect(typeof token === 'function' ? await token() : token).toBe('from-file');
});

test('what is not supported or missing says so', async () => {
  await expect(loadKubeconfig(file('exec: {command: aws}'))).rejects.toMatchObject({
    code: 'client/unsupported-credentials',
  });
  for (const load of [
    () => loadKubeconfig(join(folder, 'absent')),
    () => loadKubeconfig(file('token: abc', 'insecure-skip-tls-verify: true')),
    () => loadKubeconfig(file('client-certificate: absent.crt')),
    () => loadKubeconfig(file('token: abc'), { context: 'other' }),
  ]) {
    await expect(load()).rejects.toMatchObject({ code: 'client/invalid-kubeconfig' });
  }
});

test('any text is a document or a fault', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(typeof parseKubeconfig(text, 'file')).toBe('object');
      } catch (error) {
        expect(isFault(error, 'client/invalid-kubeconfig')).toBe(true);
      }
    }),
  );
});
