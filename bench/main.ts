// `npm run bench -- NAME [flags]`: runs one bench of this folder. Each bench file exports `run(flags)`.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type Flags = Readonly<Record<string, string>>;

/** `--name value` and `--name=value`. */
function parseFlags(words: readonly string[]): Flags {
  const flags: Record<string, string> = {};
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('--')) throw new Error(`"${word}" is not a flag`);
    const [name = '', inline] = word.slice(2).split('=', 2);
    flags[name] = inline ?? words[++index] ?? '';
  }
  return flags;
}

function benchNames(): string[] {
  const helpers = new Set(['main.ts', 'report.ts']);
  const files = readdirSync(import.meta.dir).filter((file) => file.endsWith('.ts') && !helpers.has(file));
  return files.map((file) => file.slice(0, -3)).sort();
}

const [name = '', ...words] = process.argv.slice(2);
const path = join(import.meta.dir, `${name}.ts`);
if (!benchNames().includes(name) || !existsSync(path)) {
  console.error(`usage: npm run bench -- NAME [flags]\nbenches: ${benchNames().join(', ')}`);
  process.exit(2);
}
const bench = (await import(path)) as { run: (flags: Flags) => Promise<void> };
await bench.run(parseFlags(words));
process.exit(0);
