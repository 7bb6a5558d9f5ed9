// Starts the hub's shard processes and keeps them running; the core's ends of their links.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Backoff, type Clock, Fault, type Logger, sleep } from '@selvedge/base';
import { Link } from './shard/link.ts';
import type { ShardConfig } from './shard/protocol.ts';
import { encodeRecord, type LinkRecord, recordKind } from './shard/record.ts';

export interface ShardGroupOptions {
  readonly count: number;
  readonly config: ShardConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly handlers: ShardHandlers;
  /** The shard program and its arguments; this package's own when absent. */
  readonly command?: readonly string[];
}

export interface ShardHandlers {
  onRecord(shard: ShardLink, record: LinkRecord): void;
  /** The shard's link is no longer congested. */
  onRelieved(shard: ShardLink): void;
  /** The shard process is gone, and every connection with it. A new one comes as another link. */
  onLost(shard: ShardLink): void;
}

/** The core's end of one shard's link. */
export interface ShardLink {
  readonly index: number;
  /** The shard does not take what it is sent: what can wait should, until `onRelieved`. */
  readonly congested: boolean;
  send(record: Uint8Array): void;
}

const startTimeoutMs = 20_000;
/** After this long a shard that listens tries again what it could not be configured to. */
const reconfigureRetryMs = 10_000;
/** Who has connected and not shown its secret by then is no shard. */
const greetingTimeoutMs = 5_000;
const secretBytes = 32;

interface Awaited {
  readonly secret: Buffer;
  readonly onLink: (socket: Socket) => void;
}

export class ShardGroup implements AsyncDisposable {
  readonly #options: ShardGroupOptions;
  readonly #server: Server;
  /** In Linux' abstract namespace: no file, so that a core that is killed leaves none behind. */
  readonly #address = `\0selvedge-hub-${randomBytes(16).toString('hex')}`;
  readonly #stopped = new AbortController();
  readonly #awaited = new Set<Awaited>();
  readonly #runs: Promise<void>[] = [];
  readonly #links = new Set<Link>();
  readonly #processes = new Set<number>();
  #config: ShardConfig;

  private constructor(options: ShardGroupOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#config = options.config;
  }

  /** Resolves once every shard listens. */
  static async start(options: ShardGroupOptions): Promise<ShardGroup> {
    const server = createServer();
    const group = new ShardGroup(options, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(group.#address, resolve);
    });
    server.on('connection', (socket) => group.#greet(socket));
    try {
      for (let index = 0; index < options.count; index++) await group.#startFirst(index);
    } catch (error) {
      await group[Symbol.asyncDispose]();
      throw error;
    }
    return group;
  }

  /** The shard processes that run now. */
  get processIds(): number[] {
    return [...this.#processes];
  }

  get port(): number {
    return this.#config.port;
  }

  /** Listens again with another certificate; connections that stand are left alone. */
  reconfigure(change: Pick<ShardConfig, 'certificate' | 'key'>): void {
    this.#config = { ...this.#config, ...change };
    for (const link of this.#links) link.send(this.#configRecord());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#runs);
    this.#server.close();
  }

  #configRecord(): Buffer {
    return encodeRecord(recordKind.configure, 0, JSON.stringify(this.#config));
  }

  /** The first start of a shard must work; after that the shard is kept running. */
  async #startFirst(index: number): Promise<void> {
    const started = Promise.withResolvers<void>();
    this.#runs.push(this.#keepRunning(index, started));
    const timer = this.#options.clock.after(startTimeoutMs, () =>
      started.reject(new Fault('cloudhub/shard-failed', `hub shard ${index} did not start in time`)),
    );
    try {
      await started.promise;
    } finally {
      timer.cancel();
    }
  }

  async #keepRunning(index: number, started: PromiseWithResolvers<void>): Promise<void> {
    const backoff = new Backoff({ initialMs: 200, maxMs: 10_000 });
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#runOnce(index, started, () => backoff.reset());
      if (signal.aborted) break;
      this.#options.logger.error('hub shard ended', { shard: index });
      await sleep(this.#options.clock, backoff.next(), signal);
    }
  }

  /** One life of a shard process, from its start to its exit. */
  async #runOnce(index: number, started: PromiseWithResolvers<void>, onUp: () => void): Promise<void> {
    const secret = randomBytes(secretBytes);
    const program = fileURLToPath(new URL('./shard/main.ts', import.meta.url));
    const child = Bun.spawn([...(this.#options.command ?? [process.execPath, program])], {
      stdin: 'pipe',
      stdout: 'inherit',
      stderr: 'inherit',
    });
    this.#processes.add(child.pid);
    const end = () => child.kill('SIGKILL');
    // Without a port a shard is of no use, and only another process may get it one.
    const late = this.#options.clock.after(startTimeoutMs, end);
    let link: Link | undefined;
    const awaited: Awaited = {
      secret: Buffer.from(secret.toString('hex')),
      onLink: (socket) => {
        link = this.#adopt(index, socket, (problem) => {
          late.cancel();
          if (problem === undefined) {
            onUp();
            started.resolve();
          } else {
            started.reject(problem);
            end();
          }
        });
      },
    };
    this.#awaited.add(awaited);
    this.#stopped.signal.addEventListener('abort', end, { once: true });
    if (this.#stopped.signal.aborted) end();
    child.stdin.write(`${JSON.stringify({ socket: this.#address, secret: secret.toString('hex') })}\n`);
    await child.stdin.flush();
    await child.exited;
    late.cancel();
    this.#processes.delete(child.pid);
    this.#stopped.signal.removeEventListener('abort', end);
    this.#awaited.delete(awaited);
    link?.destroy();
  }

  /** Waits for a connection's first record, the secret, and gives the socket to the shard that it belongs to. */
  #greet(socket: Socket): void {
    const expected = 9 + secretBytes * 2;
    const early: Buffer[] = [];
    const deadline = this.#options.clock.after(greetingTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => deadline.cancel());
    const onData = (chunk: Buffer) => {
      early.push(chunk);
      const bytes = Buffer.concat(early);
      if (bytes.length < expected) return;
      socket.off('data', onData);
      deadline.cancel();
      const awaited = this.#claim(bytes.subarray(9, expected));
      if (!awaited) {
        socket.destroy();
        return;
      }
      awaited.onLink(socket);
      if (bytes.length > expected) socket.emit('data', bytes.subarray(expected));
    };
    socket.on('data', onData);
  }

  #claim(secret: Buffer): Awaited | undefined {
    for (const awaited of this.#awaited) {
      if (!timingSafeEqual(awaited.secret, secret)) continue;
      this.#awaited.delete(awaited);
      return awaited;
    }
    return undefined;
  }

  #adopt(index: number, socket: Socket, onStart: (problem: Fault | undefined) => void): Link {
    const { handlers } = this.#options;
    let listens = false;
    const link: Link = new Link(socket, {
      onRecord: (record) => {
        if (record.kind === recordKind.listening) {
          const { port } = JSON.parse(record.payload.toString('utf8')) as { port: number };
          this.#config = { ...this.#config, port };
          listens = true;
          onStart(undefined);
        } else if (record.kind === recordKind.failed) {
          const problem = this.#failed(index, record.payload.toString('utf8'));
          if (listens) void this.#configureLater(link);
          else onStart(problem);
        } else handlers.onRecord(shard, record);
      },
      onRelieved: () => handlers.onRelieved(shard),
      onClose: () => {
        this.#links.delete(link);
        handlers.onLost(shard);
      },
    });
    const shard: ShardLink = {
      index,
      send: (record) => link.send(record),
      get congested() {
        return link.congested;
      },
    };
    this.#links.add(link);
    link.send(this.#configRecord());
    return link;
  }

  #failed(index: number, reason: string): Fault {
    this.#options.logger.error('hub shard can not listen', { shard: index, reason });
    return new Fault('cloudhub/port-unavailable', reason);
  }

  async #configureLater(link: Link): Promise<void> {
    await sleep(this.#options.clock, reconfigureRetryMs, this.#stopped.signal);
    if (this.#links.has(link)) link.send(this.#configRecord());
  }
}
