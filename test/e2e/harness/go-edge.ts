// A Go edgecore of KubeEdge on a containerd of its own, joined to a cloud of ours: what a user brings along from KubeEdge.

import { Database } from 'bun:sqlite';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { YAML } from 'bun';
import { freePorts, runCommand } from '../local-cluster.ts';
import { startTestContainerd, type TestContainerd } from './containerd.ts';

export interface GoEdgeOptions {
  /** The folder whose `bin/edgecore` is the program. */
  readonly peers: string;
  readonly nodeName: string;
  readonly hubPort: number;
  readonly token: string;
}

type Tree = { [key: string]: Tree };

export class GoEdge implements AsyncDisposable {
  readonly containerd: TestContainerd;
  readonly #options: GoEdgeOptions;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(options: GoEdgeOptions, containerd: TestContainerd) {
    this.#options = options;
    this.containerd = containerd;
    this.#directory = join(containerd.directory, 'edge');
  }

  /** Prepares everything; `start` then starts the agent. */
  static async create(options: GoEdgeOptions): Promise<GoEdge> {
    const edge = new GoEdge(options, await startTestContainerd());
    await mkdir(edge.#directory);
    await edge.#writeConfig();
    return edge;
  }

  async #writeConfig(): Promise<void> {
    const { stdout } = await runCommand([this.#program, '--defaultconfig']);
    const config = YAML.parse(stdout) as Tree;
    const { apiPort: readOnlyPort } = await freePorts();
    merge(
      config,
      settings(this.#options, { directory: this.#directory, containerd: this.containerd, readOnlyPort }),
    );
    await writeFile(this.#configFile, YAML.stringify(config));
    await chmod(this.#configFile, 0o600);
  }

  get #program(): string {
    return join(this.#options.peers, 'bin/edgecore');
  }

  get #configFile(): string {
    return join(this.#directory, 'edgecore.yaml');
  }

  get #logFile(): string {
    return join(this.#directory, 'edgecore.log');
  }

  /** Resolves with the exit code once the agent has ended; it runs on meanwhile. */
  async start(): Promise<void> {
    await this.#keepEmptyLists();
    const log = openSync(this.#logFile, 'a');
    this.#child = spawn(this.#program, ['--config', this.#configFile], { stdio: ['ignore', log, log] });
    closeSync(log);
  }

  /** The agent writes its configuration anew when it has joined, and leaves out empty lists: the defaults would come back. */
  async #keepEmptyLists(): Promise<void> {
    const config = YAML.parse(await readFile(this.#configFile, 'utf8')) as Tree;
    merge(config, { modules: { edged: { tailoredKubeletConfig: { enforceNodeAllocatable: [] } } } });
    await writeFile(this.#configFile, YAML.stringify(config));
  }

  /** Resolves with the exit code of an agent that ends by itself. */
  ended(): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return Promise.resolve(child?.exitCode ?? null);
    return new Promise((resolve) => child.once('exit', resolve));
  }

  /** kill -9: the agent alone, its containers run on. */
  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = this.ended();
    this.#child.kill('SIGKILL');
    await ended;
  }

  /** What the agent's store holds under a key such as `default/configmap/words`. */
  stored(key: string): Record<string, unknown> | undefined {
    using database = new Database(join(this.#directory, 'edgecore.db'), { readonly: true });
    const row = database.query<{ value: string }, [string]>('SELECT value FROM meta WHERE key = ?').get(key);
    return row ? (JSON.parse(row.value) as Record<string, unknown>) : undefined;
  }

  /** The tasks that containerd runs, with their process ids: equal texts mean that nothing was restarted. */
  async runningContainers(): Promise<string> {
    const result = await runCommand([
      'ctr',
      '-a',
      this.containerd.socket,
      '-n',
      'k8s.io',
      'tasks',
      'ls',
      '-q',
    ]);
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout.split('\n').filter(Boolean).sort().join('\n');
  }

  async log(): Promise<string> {
    return readFile(this.#logFile, 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.containerd[Symbol.asyncDispose]();
  }
}

interface Place {
  readonly directory: string;
  readonly containerd: TestContainerd;
  readonly readOnlyPort: number;
}

/** What differs from KubeEdge's defaults: where it joins, where its files lie, and what this machine can not do. */
function settings(options: GoEdgeOptions, { directory, containerd, readOnlyPort }: Place): object {
  const at = (path: string) => join(directory, path);
  const runtime = `unix://${containerd.socket}`;
  const hub = { tlsCaFile: at('ca.crt'), tlsCertFile: at('edge.crt'), tlsPrivateKeyFile: at('edge.key') };
  return {
    database: { dataSource: at('edgecore.db') },
    modules: {
      edgeHub: {
        ...hub,
        token: options.token,
        httpServer: `https://127.0.0.1:${options.hubPort + 2}`,
        websocket: { server: `127.0.0.1:${options.hubPort}` },
      },
      eventBus: { enable: false },
      edged: {
        hostnameOverride: options.nodeName,
        rootDirectory: at('kubelet'),
        remoteRuntimeEndpoint: runtime,
        remoteImageEndpoint: runtime,
        tailoredKubeletConfig: {
          containerRuntimeEndpoint: runtime,
          imageServiceEndpoint: runtime,
          readOnlyPort,
          cgroupsPerQOS: false,
          enforceNodeAllocatable: [],
          evictionHard: {},
          imageGCHighThresholdPercent: 100,
          oomScoreAdj: 0,
          staticPodPath: at('static-pods'),
          syncFrequency: '5s',
        },
      },
    },
  };
}

/** Changes the leaves that are named; an empty object or a list takes the place of what is there. */
function merge(target: Tree, changes: object): void {
  for (const [key, value] of Object.entries(changes)) {
    const present = target[key];
    const isTree = typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0;
    if (isTree && typeof present === 'object' && present !== null) merge(present, value);
    else target[key] = value;
  }
}
