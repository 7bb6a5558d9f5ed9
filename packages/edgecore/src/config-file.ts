// `edgecore.json` in the node's directory: what `join` wrote and `edgecore` starts from.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { type EdgeCoreConfig, edgeCoreConfig } from './config.ts';

const maxFileBytes = 1 << 20;

export function configPath(directory: string): string {
  return join(directory, 'edgecore.json');
}

/** Reads the directory's configuration; options given here win over the file's. */
export function readConfig(
  directory: string,
  overrides: Readonly<Record<string, unknown>> = {},
): EdgeCoreConfig {
  const path = configPath(directory);
  return edgeCoreConfig({ directory, ...parseFile(path, readText(path)), ...overrides });
}

/** Writes only what was chosen, so that defaults of a later version apply. */
export function writeConfig(directory: string, values: Readonly<Record<string, unknown>>): void {
  edgeCoreConfig({ directory, ...values });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileDurably(configPath(directory), `${JSON.stringify(values, null, 2)}\n`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Fault('edgecore/not-joined', `there is no node here: ${path} can not be read`, {
      cause,
      hint: 'join a cloud first: selvedge join HOST:PORT --token TOKEN',
    });
  }
}

function parseFile(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = text.length <= maxFileBytes ? JSON.parse(text) : undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw new Fault('edgecore/config', `${path} is not JSON`, { cause });
  }
  throw new Fault('edgecore/config', `${path} is not a JSON object`);
}
