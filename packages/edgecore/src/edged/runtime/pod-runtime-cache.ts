// What the runtime has, pod by pod: one list at a time, details fetched only of what is new or has changed its state.

import { type Clock, describeError, type Logger, sleep, type TimerHandle } from '@selvedge/base';
import type {
  Container,
  ContainerRuntime,
  ContainerStatus,
  Sandbox,
  SandboxStatus,
} from './container-runtime.ts';

export interface PodRuntimeState {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  /** Newest first. */
  readonly sandboxes: readonly SandboxStatus[];
  /** Newest first. */
  readonly containers: readonly ContainerStatus[];
}

export interface PodRuntimeCacheOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the uid of each pod in which something has changed; after the state is readable here. */
  readonly onChange: (podUid: string) => void;
  /** The runtime answers again after it did not. */
  readonly onRecovered: () => void;
}

/** Between lists when the runtime tells of changes itself: only against events that were lost. */
const safetyRelistMs = 30_000;
/** Between lists when it does not. */
const pollMs = 1_000;
const reconnectMs = 500;
/** A runtime's own list may lag behind the event of an exit. */
const exitRetryMs = [20, 50, 100, 200, 500, 1_000, 2_000];

export class PodRuntimeCache {
  readonly #options: PodRuntimeCacheOptions;
  readonly #stop = new AbortController();
  readonly #sandboxes = new Map<string, SandboxStatus>();
  readonly #containers = new Map<string, ContainerStatus>();
  readonly #expectedExits = new Map<string, number>();
  #pods = new Map<string, PodRuntimeState>();
  #listing: Promise<void> | undefined;
  #again = false;
  #timer: TimerHandle | undefined;
  #intervalMs = pollMs;
  /** Undefined until the first list has succeeded. */
  #lastListMs: number | undefined;
  #failure: string | undefined;

  constructor(options: PodRuntimeCacheOptions) {
    this.#options = options;
  }

  /** Lists until it succeeds for the first time, then follows changes until `stop`. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted && this.#lastListMs === undefined) {
      await this.relist();
      if (this.#lastListMs === undefined) await sleep(clock, reconnectMs, this.#stop.signal);
    }
    void this.#watch();
  }

  stop(): void {
    this.#stop.abort();
    this.#timer?.cancel();
  }

  /** The error of the last list, if it failed: the runtime is not to be reached. */
  get failure(): string | undefined {
    return this.#failure;
  }

  pods(): PodRuntimeState[] {
    return [...this.#pods.values()];
  }

  pod(uid: string): PodRuntimeState | undefined {
    return this.#pods.get(uid);
  }

  /** A list that began after this call is in place when it resolves. */
  async relist(): Promise<void> {
    if (this.#listing) {
      this.#again = true;
      await this.#listing;
      return this.#listing;
    }
    this.#listing = this.#listOnce().finally(() => {
      this.#listing = undefined;
      if (this.#again && !this.#stop.signal.aborted) {
        this.#again = false;
        void this.relist();
      }
    });
    return this.#listing;
  }

  async #listOnce(): Promise<void> {
    const { runtime, logger, clock } = this.#options;
    let recovered = false;
    try {
      const [sandboxes, containers] = await Promise.all([runtime.listSandboxes(), runtime.listContainers()]);
      await Promise.all([this.#updateSandboxes(sandboxes), this.#updateContainers(containers)]);
      this.#lastListMs = clock.now();
      recovered = this.#failure !== undefined;
      this.#failure = undefined;
    } catch (error) {
      if (this.#failure === undefined) logger.warn('runtime-list-failed', { error: describeError(error) });
      this.#failure = describeError(error);
      this.#schedule();
      return;
    }
    this.#publish();
    if (recovered) this.#options.onRecovered();
    this.#retryExpectedExits();
    this.#schedule();
  }

  async #updateSandboxes(listed: readonly Sandbox[]): Promise<void> {
    const { runtime } = this.#options;
    const seen = new Set(listed.map((sandbox) => sandbox.id));
    for (const id of this.#sandboxes.keys()) if (!seen.has(id)) this.#sandboxes.delete(id);
    await Promise.all(
      listed.map(async (sandbox) => {
        if (sandbox.podUid === '' || this.#sandboxes.get(sandbox.id)?.ready === sandbox.ready) return;
        const status = await runtime.sandboxStatus(sandbox.id);
        if (status) this.#sandboxes.set(sandbox.id, status);
      }),
    );
  }

  async #updateContainers(listed: readonly Container[]): Promise<void> {
    const { runtime } = this.#options;
    const seen = new Set(listed.map((container) => container.id));
    for (const id of this.#containers.keys()) if (!seen.has(id)) this.#containers.delete(id);
    await Promise.all(
      listed.map(async (container) => {
        if (container.podUid === '' || this.#containers.get(container.id)?.state === container.state) return;
        const status = await runtime.containerStatus(container.id);
        if (status) this.#containers.set(container.id, { ...status, sandboxId: container.sandboxId });
      }),
    );
  }

  #publish(): void {
    const before = this.#pods;
    this.#pods = groupByPod([...this.#sandboxes.values()], [...this.#containers.values()]);
    for (const [uid, pod] of this.#pods) {
      const old = before.get(uid);
      if (old && same(old, pod)) this.#pods.set(uid, old);
      else this.#options.onChange(uid);
    }
    for (const uid of before.keys()) if (!this.#pods.has(uid)) this.#options.onChange(uid);
  }

  #retryExpectedExits(): void {
    let delayMs = Number.POSITIVE_INFINITY;
    for (const [id, tries] of this.#expectedExits) {
      const state = this.#containers.get(id)?.state;
      // Also one that is only being started, as far as the list goes: it may end before the runtime has said that it began.
      const isToEnd = state === 'running' || state === 'created' || this.#sandboxes.get(id)?.ready;
      const next = exitRetryMs[tries];
      if (!isToEnd || next === undefined) this.#expectedExits.delete(id);
      else {
        this.#expectedExits.set(id, tries + 1);
        delayMs = Math.min(delayMs, next);
      }
    }
    if (Number.isFinite(delayMs)) this.#relistAfter(delayMs);
  }

  #schedule(): void {
    if (this.#expectedExits.size > 0 && this.#failure === undefined) return;
    this.#relistAfter(this.#failure === undefined ? this.#intervalMs : pollMs);
  }

  #relistAfter(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#stop.signal.aborted) return;
    this.#timer = this.#options.clock.after(delayMs, () => void this.relist());
  }

  async #watch(): Promise<void> {
    const { runtime, clock, logger } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const end = await runtime
        .watch({
          signal,
          onOpen: () => {
            this.#intervalMs = safetyRelistMs;
            this.#relistAfter(exitRetryMs.at(-3) ?? 0);
          },
          onEvent: (event) => {
            if (event.exited) this.#expectedExits.set(event.id, 0);
            void this.relist();
          },
        })
        .catch((error) => {
          logger.debug('runtime-events-ended', { error: describeError(error) });
          return 'ended' as const;
        });
      if (end === 'unsupported') return logger.info('runtime-events-unsupported', { pollMs });
      this.#intervalMs = pollMs;
      this.#relistAfter(0);
      await sleep(clock, reconnectMs, signal);
    }
  }
}

function groupByPod(sandboxes: SandboxStatus[], containers: ContainerStatus[]): Map<string, PodRuntimeState> {
  const pods = new Map<string, { sandboxes: SandboxStatus[]; containers: ContainerStatus[] }>();
  const of = (uid: string) => {
    const pod = pods.get(uid) ?? { sandboxes: [], containers: [] };
    pods.set(uid, pod);
    return pod;
  };
  for (const sandbox of sandboxes) of(sandbox.podUid).sandboxes.push(sandbox);
  for (const container of containers) of(container.podUid).containers.push(container);
  const grouped = new Map<string, PodRuntimeState>();
  for (const [uid, pod] of pods) {
    pod.sandboxes.sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt);
    pod.containers.sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt);
    const [sandbox] = pod.sandboxes;
    const labels = pod.containers[0]?.labels ?? {};
    const name = sandbox?.podName ?? labels['io.kubernetes.pod.name'] ?? '';
    const namespace = sandbox?.podNamespace ?? labels['io.kubernetes.pod.namespace'] ?? '';
    grouped.set(uid, { uid, name, namespace, ...pod });
  }
  return grouped;
}

/** The parts are replaced when they change, never altered: identity is enough. */
function same(left: PodRuntimeState, right: PodRuntimeState): boolean {
  return sameItems(left.sandboxes, right.sandboxes) && sameItems(left.containers, right.containers);
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => item === right[index]);
}
