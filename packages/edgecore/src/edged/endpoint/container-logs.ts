// Serves a container's log: from the start or its end, as long as the container writes if asked to, also across rotation.

import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { sleep } from '@selvedge/base';
import type { EdgedContext } from '../edged-context.ts';
import { type EdgePod, findContainer } from '../pods/pod-spec.ts';
import { CriLogReader } from './cri-log.ts';
import { HttpProblem } from './http-problem.ts';
import { loggedContainer } from './logged-container.ts';

export interface ContainerLogsInput {
  readonly context: EdgedContext;
  /** Namespace, pod, container. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly reader: CriLogReader;
}

const blockBytes = 64 << 10;
/** How often a followed log is looked at though nothing was heard: whether its container still runs. */
const lookAgainMs = 1_000;

export async function serveContainerLogs(input: ContainerLogsInput): Promise<void> {
  const { context, response } = input;
  const [namespace = '', name = '', containerName = ''] = input.path;
  const pod = context.store.pod(namespace, name);
  if (!pod) throw new HttpProblem(404, 'pod does not exist');
  if (!findContainer(pod, containerName)) {
    throw new HttpProblem(404, `container "${containerName}" not found in pod "${name}"`);
  }
  const query = parseQuery(input.query, context.clock.now());
  const { id, path } = loggedContainer(context, pod, containerName, query.previous);
  const file = await open(path, 'r').catch(() => undefined);
  if (!file)
    throw new HttpProblem(
      500,
      `failed to try resolving symlinks in path "${path}": lstat ${path}: no such file or directory`,
    );
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Transfer-Encoding': 'chunked' });
  response.flushHeaders();
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  input.signal.addEventListener('abort', () => stop.abort(), { once: true });
  const log = new LogStream({ context, pod, id, path, query, response, signal: stop.signal });
  await log.run(file);
  response.end();
}

function parseQuery(query: URLSearchParams, nowMs: number): LogQuery {
  const flag = (key: string) => query.get(key) === 'true' || query.get(key) === '1';
  const number = (key: string) => {
    const text = query.get(key);
    if (text === null) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new HttpProblem(400, `invalid ${key}: ${text}`);
    return value;
  };
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceMs = sinceTime === null ? sinceSeconds && nowMs - sinceSeconds * 1_000 : Date.parse(sinceTime);
  const stream = (query.get('stream') ?? 'All').toLowerCase();
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    reader: new CriLogReader({
      timestamps: flag('timestamps'),
      stream: stream === 'stdout' || stream === 'stderr' ? stream : 'all',
      sinceMs: sinceMs === undefined || Number.isNaN(sinceMs) ? undefined : sinceMs,
    }),
  };
}

interface LogStreamOptions {
  readonly context: EdgedContext;
  readonly pod: EdgePod;
  readonly id: string;
  readonly path: string;
  readonly query: LogQuery;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

class LogStream {
  readonly #options: LogStreamOptions;
  #leftBytes: number;
  #wake: () => void = () => undefined;

  constructor(options: LogStreamOptions) {
    this.#options = options;
    this.#leftBytes = options.query.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  async run(first: FileHandle): Promise<void> {
    const { query, path } = this.#options;
    let file = first;
    let watcher: FSWatcher | undefined;
    try {
      let position = query.tailLines === undefined ? 0 : await tailStart(file, query.tailLines);
      if (query.follow) watcher = watch(dirname(path), () => this.#wake());
      for (;;) {
        const running = this.#isRunning(); // before reading: what it wrote until its end is read
        position = await this.#copy(file, position);
        if (this.#done || !query.follow) return;
        const next = await this.#rotated(file);
        if (next) {
          await this.#copy(file, position);
          await file.close();
          file = next;
          position = 0;
        } else if (!running) return;
        else await this.#pause();
      }
    } finally {
      watcher?.close();
      await file.close();
    }
  }

  get #done(): boolean {
    return this.#options.signal.aborted || this.#leftBytes <= 0;
  }

  #isRunning(): boolean {
    const { context, pod, id } = this.#options;
    const state = context.cache.pod(pod.metadata.uid);
    return state?.containers.some((item) => item.id === id && item.state === 'running') ?? false;
  }

  /** The position up to which the file has been sent. */
  async #copy(file: FileHandle, start: number): Promise<number> {
    const { query, response } = this.#options;
    const block = Buffer.allocUnsafe(blockBytes);
    let position = start;
    while (!this.#done) {
      const { bytesRead } = await file.read(block, 0, blockBytes, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      const text = query.reader.push(Buffer.from(block.subarray(0, bytesRead)));
      const shown = text.length > this.#leftBytes ? text.subarray(0, this.#leftBytes) : text;
      this.#leftBytes -= shown.length;
      if (shown.length > 0 && !response.write(shown)) await drained(response, this.#options.signal);
    }
    return position;
  }

  /** The file that has taken this one's place. */
  async #rotated(file: FileHandle): Promise<FileHandle | undefined> {
    const { path } = this.#options;
    const [now, ours] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
    return now && now.ino !== ours.ino ? open(path, 'r').catch(() => undefined) : undefined;
  }

  async #pause(): Promise<void> {
    const { context, signal } = this.#options;
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const stop = () => woken.abort();
    signal.addEventListener('abort', stop, { once: true });
    await sleep(context.clock, lookAgainMs, woken.signal);
    signal.removeEventListener('abort', stop);
  }
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal }).catch(() => undefined); // the caller has gone
}

/** Where the last lines begin. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.allocUnsafe(blockBytes);
  let missing = lines + 1; // the newline before the first line wanted, the file ending in one itself
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let index = bytesRead - 1; index >= 0; index--) {
      if (block[index] !== 0x0a) continue;
      missing--;
      if (missing === 0) return start + index + 1;
    }
    end = start;
  }
  return lines === 0 ? size : 0;
}
