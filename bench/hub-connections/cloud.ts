// The real control plane and the real cloudcore for a bench, started by the command line's own programs; ended with it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Cloud extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly hubPort: number;
  readonly corePid: number;
  readonly shardPids: readonly number[];
}

export interface CloudOptions {
  /** Holds the store, keys and kubeconfig files. */
  readonly folder: string;
  readonly nodeLimit: number;
  readonly shards: number;
}

interface Program extends AsyncDisposable {
  readonly pid: number;
  /** The log line that says so. */
  readonly ready: Record<string, unknown>;
}

const commandLine = join(import.meta.dir, '../../packages/cli/src/main.ts');

export async function startCloud({ folder, nodeLimit, shards }: CloudOptions): Promise<Cloud> {
  await using stack = new AsyncDisposableStack();
  const dataDirectory = join(folder, 'controlplane');
  const kubeconfig = join(folder, 'admin.kubeconfig');
  stack.use(
    await startProgram('control plane ready', [
      ...['controlplane', '--data-dir', dataDirectory, '--port', '0', '--admin-kubeconfig', kubeconfig],
    ]),
  );
  const core = stack.use(
    await startProgram('cloudcore ready', [
      ...['cloudcore', '--kubeconfig', join(dataDirectory, 'cloudcore.kubeconfig'), '--hub-port', '0'],
      ...['--node-limit', String(nodeLimit), '--shards', String(shards)],
    ]),
  );
  const owned = stack.move();
  return {
    kubeconfig,
    hubPort: Number(core.ready.hubPort),
    corePid: core.pid,
    shardPids: childrenOf(core.pid),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function startProgram(readyEvent: string, words: readonly string[]): Promise<Program> {
  const child = Bun.spawn([process.execPath, commandLine, ...words, '--log-format', 'json'], {
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const ready = Promise.withResolvers<Record<string, unknown>>();
  let isEnding = false;
  void follow(child.stderr, (line) => {
    if (line.event === readyEvent) ready.resolve(line);
    if (!isEnding && line.level !== 'info') console.error(JSON.stringify(line));
  });
  const ended = child.exited.then((code) => {
    throw new Error(`${words[0]} ended with ${code}`);
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid,
    ready: await Promise.race([ready.promise, ended]),
    async [Symbol.asyncDispose]() {
      isEnding = true;
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

async function follow(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: Record<string, unknown>) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) onLine(parse(line));
  }
}

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { level: 'error', event: line };
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
