import { afterAll, expect, test } from 'bun:test';
import { appendFile, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dir, '../../..');
const directories: string[] = [];

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** A checkout with the same packages, whose sources a test may change. */
async function copyOfCheckout(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'selvedge bundle-'));
  directories.push(copy);
  const parts = ['bin', 'packages', 'package-lock.json', 'scripts/bundle-edgecore.sh', 'tsconfig.json'];
  for (const part of parts) await cp(join(root, part), join(copy, part), { recursive: true });
  await mkdir(join(copy, 'node_modules/@selvedge'), { recursive: true });
  for (const name of await readdir(join(root, 'packages')))
    await symlink(join('../../packages', name), join(copy, 'node_modules/@selvedge', name));
  for (const name of ['bun', '@oven'])
    await symlink(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  return copy;
}

async function run(...command: string[]) {
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, stdout, stderr };
}

async function programOf(checkout: string): Promise<string> {
  const { code, stdout, stderr } = await run(join(checkout, 'scripts/bundle-edgecore.sh'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.trimEnd();
}

test('the agent is one file, made once for the same sources and anew for others', async () => {
  const checkout = await copyOfCheckout();
  const program = await programOf(checkout);
  const cache = dirname(program);
  expect((await readdir(cache)).sort()).toEqual([basename(program), `${basename(program)}.map`]);
  expect(await programOf(checkout)).toBe(program);
  const help = await run(join(checkout, 'bin/selvedge'), 'edgecore', '--help');
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: selvedge edgecore') });

  await appendFile(join(checkout, 'packages/base/src/clock.ts'), '// changed\n');
  const changed = await programOf(checkout);
  expect(changed).not.toBe(program);
  expect((await readdir(cache)).sort()).toEqual([basename(changed), `${basename(changed)}.map`]);
});

test('what goes wrong is shown with the lines of the sources', async () => {
  const checkout = await copyOfCheckout();
  const file = join(checkout, 'packages/edgecore/src/edgecore.ts');
  const text = await Bun.file(file).text();
  const start = 'const config = readConfig';
  const broken = text.replace(start, `queueMicrotask(() => { throw new TypeError('broken'); });\n  ${start}`);
  await writeFile(file, broken);
  const line = broken.slice(0, broken.indexOf('new TypeError')).split('\n').length;
  const { code, stderr } = await run(join(checkout, 'bin/selvedge'), 'edgecore');
  expect(code).not.toBe(0);
  expect(stderr).toContain(`edgecore/src/edgecore.ts:${line}`);
});

test('where no file can be made, the agent runs from its sources', async () => {
  const checkout = await copyOfCheckout();
  await writeFile(join(checkout, 'node_modules/.cache'), '');
  const help = await run(join(checkout, 'bin/selvedge'), 'edgecore', '--help');
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: selvedge edgecore') });
  expect(help.stderr).toContain('it runs from the sources');
});
