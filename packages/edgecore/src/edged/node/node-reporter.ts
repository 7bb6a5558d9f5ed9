// Reports the node: registers it, and every ten seconds looks whether it is still as reported.

import { statfs } from 'node:fs/promises';
import { describeError, type TimerHandle } from '@selvedge/base';
import type { NodeCondition } from '@selvedge/kubernetes';
import type { Image } from '../cri/cri.gen.ts';
import type { EdgedContext } from '../edged-context.ts';
import { availableMemoryBytes, readMachine } from './machine.ts';
import { nodeObject } from './node-status.ts';

export interface NodeReporterOptions {
  readonly context: EdgedContext;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly string[];
  readonly podSubnet?: string;
}

const intervalMs = 10_000;
/** Images are listed this seldom: the list is long and rarely changes. */
const imageIntervals = 6;

export class NodeReporter implements AsyncDisposable {
  readonly #options: NodeReporterOptions;
  #timer: TimerHandle | undefined;
  #running: Promise<void> | undefined;
  readonly #stop = Promise.withResolvers<undefined>();
  #stopped = false;
  #rounds = 0;
  #images: readonly Image[] = [];
  #runtime = { name: 'containerd', version: 'unknown' };
  #conditions: readonly NodeCondition[] = [];

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#report().finally(() => {
      if (!this.#stopped) this.#timer = this.#options.context.clock.after(intervalMs, () => this.start());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#stop.resolve(undefined);
    this.#timer?.cancel();
    await this.#running;
  }

  async #report(): Promise<void> {
    const { context, labels = {}, taints = [], podSubnet } = this.#options;
    const { settings, store, clock, events, logger } = context;
    try {
      const machine = await readMachine(settings.rootDirectory);
      // A runtime that does not answer must not hold up the end.
      const runtime = await Promise.race([this.#askRuntime(), this.#stop.promise]);
      if (!runtime) return;
      const disk = await statfs(settings.rootDirectory);
      const previous =
        this.#conditions.length > 0 ? this.#conditions : (store.node()?.status?.conditions ?? []);
      const node = nodeObject({
        nodeName: settings.nodeName,
        nodeIp: settings.nodeIp,
        machine,
        maxPods: settings.maxPods,
        podSubnet,
        labels,
        taints,
        runtime: this.#runtime,
        conditions: runtime.conditions,
        runtimeFailure: runtime.failure,
        images: this.#images,
        memoryAvailableBytes: await availableMemoryBytes(),
        diskAvailableBytes: disk.bavail * disk.bsize,
        previous,
        nowMs: clock.now(),
      });
      if (this.#stopped) return;
      this.#tellChanges(previous, node.status?.conditions ?? []);
      this.#conditions = node.status?.conditions ?? [];
      store.setNodeStatus(node);
      if (this.#rounds++ === 0) events.node('Normal', 'Starting', 'Starting kubelet.');
    } catch (error) {
      logger.error('node-report-failed', { error: describeError(error) });
    }
  }

  async #askRuntime() {
    const { runtime } = this.#options.context;
    try {
      const conditions = await runtime.conditions();
      this.#runtime = await runtime.version();
      if (this.#rounds % imageIntervals === 0) this.#images = await runtime.images();
      return { conditions, failure: undefined };
    } catch (error) {
      return { conditions: [], failure: describeError(error) };
    }
  }

  #tellChanges(before: readonly NodeCondition[], after: readonly NodeCondition[]): void {
    const { events, settings } = this.#options.context;
    for (const { type, status, reason = '' } of after) {
      const old = before.find((item) => item.type === type);
      if (!old || old.status === status) continue;
      const name =
        type === 'Ready'
          ? status === 'True'
            ? 'NodeReady'
            : 'NodeNotReady'
          : `Node${reason.replace('Kubelet', '')}`;
      events.node('Normal', name, `Node ${settings.nodeName} status is now: ${name}`);
    }
  }
}
