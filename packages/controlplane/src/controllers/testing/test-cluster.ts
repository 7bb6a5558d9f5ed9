// A control plane for tests of the manager: the real API server over HTTPS with a store on disk, and the manager in this
// process or in one of its own, each of which can be stopped and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@selvedge/base';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, type ResourceType, resources, type Stored } from '@selvedge/kubernetes';
import { type ControlPlane, startControlPlane } from '../../start-control-plane.ts';
import { runManager } from '../manager.ts';
import { PretendNode, type PretendNodeOptions } from './pretend-node.ts';

const managerProgram = fileURLToPath(new URL('../../manager-main.ts', import.meta.url));
const pollMs = 20;

export class TestCluster implements AsyncDisposable {
  readonly client: KubeClient & AsyncDisposable;
  readonly #dataDir: string;
  readonly #nodes: PretendNode[] = [];
  #controlPlane: ControlPlane;
  #manager: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  #process: ChildProcess | undefined;

  private constructor(dataDir: string, controlPlane: ControlPlane, client: KubeClient & AsyncDisposable) {
    this.#dataDir = dataDir;
    this.#controlPlane = controlPlane;
    this.client = client;
  }

  static async start(): Promise<TestCluster> {
    const dataDir = await mkdtemp(join(tmpdir(), 'sv-manager-'));
    const controlPlane = await startApi(dataDir, 0);
    const client = createKubeClient(await loadKubeconfig(controlPlane.adminKubeconfig));
    return new TestCluster(dataDir, controlPlane, client);
  }

  /** Stops the API server as a crash of its machine would be seen by clients, and starts it again on the same port. */
  async restartApi(): Promise<void> {
    const port = Number(new URL(this.#controlPlane.url).port);
    await this.#controlPlane[Symbol.asyncDispose]();
    this.#controlPlane = await startApi(this.#dataDir, port);
  }

  async startManager(): Promise<void> {
    const { client } = this;
    const stop = new AbortController();
    const { signal } = stop;
    await new Promise<void>((resolve, reject) => {
      const ended = runManager({ client, logger: silentLogger, signal, rootCa: 'PEM', onReady: resolve });
      this.#manager = { stop, ended };
      ended.catch(reject);
    });
  }

  async stopManager(): Promise<void> {
    this.#manager?.stop.abort();
    await this.#manager?.ended;
    this.#manager = undefined;
  }

  /** The manager as a process of its own, which `killManagerProcess` ends without warning. */
  startManagerProcess(): void {
    const args = [managerProgram, '--kubeconfig', join(this.#dataDir, 'manager.kubeconfig')];
    this.#process = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  }

  async killManagerProcess(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child) return;
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await closed;
  }

  async addNode(options: Omit<PretendNodeOptions, 'client'>): Promise<PretendNode> {
    const subnet = `1.${this.#nodes.length + 1}`;
    const node = await PretendNode.join({ client: this.client, subnet, ...options });
    this.#nodes.push(node);
    return node;
  }

  async get<T>(type: ResourceType, name: string, namespace = 'default'): Promise<Stored<T>> {
    const reference = type.namespaced ? { type, name, namespace } : { type, name };
    return (await this.client.get(reference)) as unknown as Stored<T>;
  }

  async list<T>(type: ResourceType, labelSelector = '', namespace = 'default'): Promise<Stored<T>[]> {
    const { items } = await this.client.list(type, { namespace, labelSelector });
    return items as unknown as Stored<T>[];
  }

  patch(type: ResourceType, name: string, patch: object, subresource = ''): Promise<Stored<KubeObject>> {
    const namespace = type.namespaced ? { namespace: 'default' } : {};
    const options = subresource === '' ? {} : { subresource };
    return this.client.patch({ type, name, ...namespace }, 'strategic', patch, options);
  }

  /** Reasons of the events about an object, in order. */
  async events(about: string): Promise<string[]> {
    const fieldSelector = `involvedObject.name=${about}`;
    const { items } = await this.client.list(resources.events, { namespace: 'default', fieldSelector });
    return items.map((one) => String(one.reason));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    await this.stopManager();
    await this.killManagerProcess();
    await this.client[Symbol.asyncDispose]();
    await this.#controlPlane[Symbol.asyncDispose]();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

function startApi(dataDir: string, port: number): Promise<ControlPlane> {
  return startControlPlane({ dataDir, port, logger: silentLogger, manager: false });
}

/** Asks again until there is an answer, and hands it on; fails with the last reason after ten seconds. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const deadlineMs = performance.now() + 10_000;
  let reason: unknown;
  while (performance.now() < deadlineMs) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      reason = error;
    }
    await Bun.sleep(pollMs);
  }
  throw new Error(`not within ten seconds: ${what}`, { cause: reason });
}
