// An edged on a containerd of its own with a store in memory: what tests of the agent start from.

import { type Logger, silentLogger } from '@selvedge/base';
import { type Edged, startEdged } from '@selvedge/edgecore/edged';
import type { Container, Pod, PodSpec, PodStatus } from '@selvedge/kubernetes';
import { startTestContainerd, type TestContainerd } from './containerd.ts';
import { MemoryNodeStore } from './memory-node-store.ts';

export const nodeName = 'edge-test';
const nodeIp = '127.0.0.1';
const deadlineMs = 30_000;
const lookMs = 20;

/** Waits until the answer is neither undefined nor false. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

export class TestEdge implements AsyncDisposable {
  readonly containerd: TestContainerd;
  readonly store = new MemoryNodeStore();
  readonly logger: Logger;
  #edged: Edged | undefined;

  constructor(containerd: TestContainerd, logger: Logger) {
    this.containerd = containerd;
    this.logger = logger;
  }

  static async start(logger: Logger = silentLogger): Promise<TestEdge> {
    const edge = new TestEdge(await startTestContainerd(), logger);
    await edge.startAgent();
    return edge;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent();
    await this.containerd[Symbol.asyncDispose]();
  }

  get rootDirectory(): string {
    return `${this.containerd.directory}/kubelet`;
  }

  get logDirectory(): string {
    return `${this.containerd.directory}/logs`;
  }

  async startAgent(): Promise<void> {
    this.#edged = await startEdged({
      store: this.store,
      nodeName,
      nodeIp,
      runtimeEndpoint: this.containerd.socket,
      rootDirectory: this.rootDirectory,
      podLogDirectory: this.logDirectory,
      endpointSocket: `${this.containerd.directory}/kubelet.sock`,
      clusterDns: ['10.96.0.10'],
      logger: this.logger,
    });
    await this.#edged.ready;
  }

  async stopAgent(): Promise<void> {
    await this.#edged?.[Symbol.asyncDispose]();
    this.#edged = undefined;
  }

  run(
    name: string,
    spec: Partial<PodSpec> & { containers: Container[] },
    metadata: Pod['metadata'] = {},
  ): void {
    this.store.put('pod', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...metadata },
      spec: { nodeName, restartPolicy: 'Always', terminationGracePeriodSeconds: 1, ...spec },
    } as Pod);
  }

  status(name: string): PodStatus | undefined {
    return this.store.podStatus('default', name)?.status;
  }

  ready(name: string): Promise<PodStatus> {
    return eventually(`${name} to be ready`, () => {
      const status = this.status(name);
      const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
      return ready ? status : undefined;
    });
  }

  phase(name: string, phase: string): Promise<PodStatus> {
    return eventually(`${name} to be ${phase}`, () => {
      const status = this.status(name);
      return status?.phase === phase ? status : undefined;
    });
  }

  async remove(name: string, graceS = 0): Promise<void> {
    this.store.deletePod(name, graceS);
    await eventually(`${name} to be gone`, () => this.store.terminated.includes(name));
  }

  /** A request to the agent's own endpoint. */
  async fetch(path: string): Promise<Response> {
    return fetch(`http://node${path}`, { unix: await this.#edged?.endpoint.open() });
  }

  async logs(pod: string, container = 'c', query = ''): Promise<string> {
    return (await this.fetch(`/containerLogs/default/${pod}/${container}${query}`)).text();
  }

  events(pod: string): string[] {
    return this.store.events
      .filter(({ involvedObject }) => involvedObject.name === pod)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }
}

/** A container of the local busybox image. */
export function busybox(command: string | readonly string[], more: Partial<Container> = {}): Container {
  const list = typeof command === 'string' ? ['sh', '-c', command] : [...command];
  return { name: 'c', image: 'localhost/busybox:1', imagePullPolicy: 'IfNotPresent', command: list, ...more };
}

export const stay = 'trap "exit 0" TERM; while :; do sleep 1000 & wait; done';
