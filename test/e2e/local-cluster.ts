// A cluster for one test file, started by `selvedge up` as a user does: own data directory, free ports, nothing left behind.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeRequirements, missingRequirements } from '@selvedge/cli';

const projectRoot = join(import.meta.dir, '../..');
export const selvedgeProgram = join(projectRoot, 'bin/selvedge');

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const commandTimeoutMs = 120_000;

/** Runs a program to its end; whatever it ends with is the answer. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = '', ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...options.environment } });
    const limit = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? commandTimeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on('error', () => undefined); // it may end without reading
    child.stdin.end(options.input ?? '');
  });
}

/** The oldest kubectl whose every word the tests of kubectl itself may use. */
export const kubectlOfToday = 27;

/** Why tests with real containers can not run on this machine, or nothing; `kubectl` is the minor version that they need. */
export async function reasonToSkip(needs: { readonly kubectl?: number } = {}): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'containers need root';
  const missing = await missingRequirements(edgeRequirements, `${process.env.PATH}:/usr/sbin:/sbin`);
  if (missing.length > 0) return `missing: ${missing.map((one) => one.package).join(', ')}`;
  const kubectl = await runCommand(['kubectl', 'version', '--client', '-o', 'json']).catch(() => undefined);
  if (kubectl?.code !== 0) return 'there is no kubectl';
  const version: { clientVersion: { minor: string } } = JSON.parse(kubectl.stdout);
  const minor = Number.parseInt(version.clientVersion.minor, 10);
  const { kubectl: wanted = 0 } = needs;
  return minor < wanted ? `kubectl is 1.${minor}, and these tests need 1.${wanted}` : undefined;
}

export interface ProcessInfo {
  readonly name: string;
  readonly node: string | null;
  readonly pid: number | null;
  readonly command: readonly string[];
  readonly log: string;
}

export interface ClusterStatus {
  readonly processes: readonly ProcessInfo[];
  readonly nodes: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly link: { readonly state: string; readonly since: string | null };
    readonly pods: { readonly wanted: number; readonly running: number };
  }[];
}

export class LocalCluster implements AsyncDisposable {
  readonly directory: string;
  readonly apiPort: number;
  readonly hubPort: number;
  readonly #parent: string;

  constructor(parent: string, ports: { readonly apiPort: number; readonly hubPort: number }) {
    this.#parent = parent;
    this.directory = join(parent, 'd');
    this.apiPort = ports.apiPort;
    this.hubPort = ports.hubPort;
  }

  static async create(): Promise<LocalCluster> {
    const parent = await mkdtemp(join(tmpdir(), 'sv-'));
    return new LocalCluster(parent, await freePorts());
  }

  /** Creates a cluster and starts it; what goes wrong is thrown with the command's own words. */
  static async start(...args: string[]): Promise<LocalCluster> {
    const cluster = await LocalCluster.create();
    const result = await cluster.up(...args);
    if (result.code === 0) return cluster;
    const logs = await cluster.logs();
    await cluster[Symbol.asyncDispose]();
    throw new Error(`up ended with ${result.code}:\n${result.stdout}${result.stderr}\n${logs}`);
  }

  get kubeconfig(): string {
    return join(this.directory, 'admin.kubeconfig');
  }

  up(...args: string[]): Promise<CommandResult> {
    const ports = ['--api-port', String(this.apiPort), '--hub-port', String(this.hubPort)];
    return this.selvedge('up', '--detach', ...ports, ...args);
  }

  /** A command about this cluster's data directory. */
  selvedge(command: string, ...args: string[]): Promise<CommandResult> {
    return runCommand([selvedgeProgram, command, '--data-dir', this.directory, ...args]);
  }

  /** `token create` and its like, which reach the cluster by its kubeconfig. */
  selvedgeWithKubeconfig(...args: string[]): Promise<CommandResult> {
    return runCommand([selvedgeProgram, ...args, '--kubeconfig', this.kubeconfig]);
  }

  kubectl(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(['kubectl', '--kubeconfig', this.kubeconfig, ...args], options);
  }

  /** The standard output of a kubectl that has to succeed. */
  async kubectlOutput(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async apply(manifest: object | string): Promise<void> {
    const input = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
    await this.kubectlOutput(['apply', '-f', '-'], { input });
  }

  async status(): Promise<ClusterStatus> {
    return JSON.parse((await this.selvedge('status', '-o', 'json')).stdout);
  }

  async process(name: string): Promise<ProcessInfo> {
    const { processes } = await this.status();
    const found = processes.find((one) => one.name === name);
    if (!found)
      throw new Error(`there is no process ${name}: ${processes.map((one) => one.name).join(', ')}`);
    return found;
  }

  /** The ends of all logs, for the message of a failed test. */
  async logs(): Promise<string> {
    const directory = join(this.directory, 'logs');
    const files = await readdir(directory).catch(() => []);
    const texts = await Promise.all(
      files.map(async (file) => {
        const text = await readFile(join(directory, file), 'utf8');
        return `--- ${file}\n${text.split('\n').slice(-25).join('\n')}`;
      }),
    );
    return texts.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isThere = await access(join(this.directory, 'settings.json')).then(
      () => true,
      () => false,
    );
    if (isThere) {
      const result = await this.selvedge('down');
      if (result.code !== 0) throw new Error(`down ended with ${result.code}: ${result.stderr}`);
    }
    await rm(this.#parent, { recursive: true, force: true });
  }
}

/** Below the ports that the kernel gives to outgoing connections, which may be taken again between the look and the use. */
const portRange = { first: 12_000, last: 32_000 } as const;

/** A free port for the API, and one for the hub with the five after it. */
export async function freePorts(): Promise<{ apiPort: number; hubPort: number }> {
  for (;;) {
    const [apiPort, hubPort] = [randomPort(), randomPort()];
    const block = [0, 1, 2, 3, 4, 5].map((offset) => hubPort + offset);
    const free = await Promise.all([apiPort, ...block].map((port) => canListen(port)));
    if (!block.includes(apiPort) && free.every((one) => one)) return { apiPort, hubPort };
  }
}

function randomPort(): number {
  return randomInt(portRange.first, portRange.last);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

const pollMs = 100;

/** Asks again until the answer is given, and hands it on; fails with the last reason after the deadline. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let reason: unknown;
  while (Date.now() < deadline) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = error;
    }
    await Bun.sleep(pollMs);
  }
  throw new Error(`not within ${timeoutMs / 1000} s: ${what}`, { cause: reason });
}
