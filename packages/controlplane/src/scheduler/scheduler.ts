// The scheduler: takes pods without a node off its queue, decides with the pure core, and writes bindings.

import { describeError, type TimerHandle } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import { resources } from '@selvedge/kubernetes';
import { type ControllerContext, unlessGone } from '../controllers/machinery/controller.ts';
import { timestamp } from '../controllers/machinery/event-recorder.ts';
import { isFinished, type PodRecord, podKey } from '../controllers/machinery/pod-record.ts';
import { ClusterState } from './cluster-state.ts';
import { defaultMaxFeasibleNodes, placePod } from './decide.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const component = 'default-scheduler';
/** Bindings under way at once. */
const maxBindings = 64;
/** Pods placed before other work of the process gets its turn. */
const batchSize = 50;

/** Runs until the signal aborts. Informers are synced before it is called. */
export async function runScheduler(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const scheduler = new Scheduler(context);
  await scheduler.run(signal);
}

class Scheduler {
  readonly #context: ControllerContext;
  readonly #state: ClusterState;
  readonly #queue = new SchedulingQueue();
  #start = 0;
  #bindings = 0;
  #wake: () => void = () => undefined;
  #timer: TimerHandle | undefined;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { pods, namespaces, persistentvolumeclaims } = context.informers;
    this.#state = new ClusterState({
      pods: pods.lister,
      namespaces: namespaces.lister,
      claims: persistentvolumeclaims.lister,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const endings = this.#follow();
    const stop = () => this.#wake();
    signal.addEventListener('abort', stop, { once: true });
    while (!signal.aborted) {
      const busy = this.#placeBatch(signal);
      if (busy) await new Promise((resolve) => setImmediate(resolve));
      else await this.#sleep(signal);
    }
    this.#timer?.cancel();
    for (const end of endings) end();
    signal.removeEventListener('abort', stop);
  }

  #follow(): Array<() => void> {
    const { nodes, pods, persistentvolumeclaims } = this.#context.informers;
    // Nodes before pods: with each node come the pods that are bound to it already.
    const endNodes = nodes.subscribe({
      added: (node) => this.#surroundingsChanged(this.#state.setNode(node)),
      modified: (node) => this.#surroundingsChanged(this.#state.setNode(node)),
      deleted: (node) => this.#state.removeNode(node.metadata.name),
    });
    let seeding = true;
    const endPods = pods.subscribe({
      added: (pod, key) => {
        if (seeding) this.#state.seed(pod);
        else this.#podChanged(undefined, pod);
        if (this.#wants(pod)) this.#enqueue(key, pod);
      },
      modified: (pod, old, key) => this.#podModified(pod, old, key),
      deleted: (pod, key) => {
        this.#queue.forget(key);
        this.#state.forget(pod);
        this.#podChanged(pod, undefined);
      },
    });
    seeding = false;
    const claimChanged = () => this.#surroundingsChanged(true);
    const endClaims = persistentvolumeclaims.subscribe({ added: claimChanged, modified: claimChanged });
    return [endNodes, endPods, endClaims];
  }

  #podModified(pod: PodRecord, old: PodRecord, key: string): void {
    this.#podChanged(old, pod);
    if (!this.#wants(pod)) this.#queue.forget(key);
    else if (old.shape !== pod.shape || old.labels !== pod.labels || old.uid !== pod.uid) {
      this.#queue.forget(key);
      this.#enqueue(key, pod);
    }
  }

  #wants(pod: PodRecord): boolean {
    return (
      pod.nodeName === '' &&
      pod.deletedMs === 0 &&
      !isFinished(pod) &&
      pod.shape.schedulerName === component &&
      pod.shape.schedulingGates.length === 0 &&
      !this.#state.isAssumed(podKey(pod))
    );
  }

  #enqueue(key: string, pod: PodRecord): void {
    this.#queue.add(key, pod.shape.priority);
    this.#wake();
  }

  #surroundingsChanged(changed: boolean): void {
    if (!changed) return;
    this.#queue.moveAll();
    this.#wake();
  }

  #podChanged(old: PodRecord | undefined, pod: PodRecord | undefined): void {
    const change = this.#state.podChanged(old, pod);
    if (change === 'nothing') return;
    if (change === 'room') this.#queue.moveAll();
    else this.#queue.moveFollowers();
    this.#wake();
  }

  /** Waits until a pod arrives, room appears, or a back-off ends. */
  #sleep(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const nextMs = this.#queue.flush(this.#context.clock.monotonic());
      if (this.#queue.readyCount > 0 && this.#bindings < maxBindings) return resolve();
      this.#timer = nextMs === undefined ? undefined : this.#context.clock.after(nextMs, () => this.#wake());
      this.#wake = () => {
        this.#timer?.cancel();
        this.#wake = () => undefined;
        resolve();
      };
    });
  }

  /** Places some pods; false when there is nothing to do. */
  #placeBatch(signal: AbortSignal): boolean {
    this.#queue.flush(this.#context.clock.monotonic());
    let placed = 0;
    while (placed < batchSize && this.#bindings < maxBindings && !signal.aborted) {
      const key = this.#queue.take();
      if (key === undefined) return placed > 0;
      const pod = this.#context.informers.pods.lister.get(key);
      if (pod && this.#wants(pod)) this.#place(key, pod);
      placed++;
    }
    return this.#bindings < maxBindings;
  }

  #place(key: string, pod: PodRecord): void {
    const { random, logger } = this.#context;
    const placement = placePod(pod, this.#state, {
      maxFeasibleNodes: defaultMaxFeasibleNodes,
      start: this.#start,
      random,
    });
    this.#start = (this.#start + placement.examined) % Math.max(1, this.#state.nodes.length);
    if (placement.kind === 'node') {
      this.#state.assume(pod, placement.nodeName);
      this.#bindings++;
      void this.#bind(key, pod, placement.nodeName);
      return;
    }
    this.#failed(key, pod, false);
    this.#tellFailure(pod, placement.message).catch((error: unknown) =>
      logger.debug('scheduling failure not written', { pod: key, error: describeError(error) }),
    );
  }

  #failed(key: string, pod: PodRecord, moved: boolean): void {
    const { affinity, topologySpreadConstraints, priority } = pod.shape;
    const followsPods = affinity?.podAffinity !== undefined || topologySpreadConstraints !== undefined;
    const nowMs = this.#context.clock.monotonic();
    this.#queue.failed(key, { priority, nowMs, moved, followsPods });
  }

  async #bind(key: string, pod: PodRecord, nodeName: string): Promise<void> {
    const { client, events, logger } = this.#context;
    const { namespace, name, uid } = pod;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    };
    try {
      await client.create(resources.pods, binding, { name, subresource: 'binding' });
      const message = `Successfully assigned ${key} to ${nodeName}`;
      const subject = { ...pod, type: resources.pods };
      events.record({ subject, component, type: 'Normal', reason: 'Scheduled', message });
    } catch (error) {
      this.#state.forget(pod);
      if (!isApiFault(error, 'NotFound', 'Conflict')) {
        logger.warn('binding failed', { pod: key, node: nodeName, error: describeError(error) });
      }
      this.#failed(key, pod, true);
    } finally {
      this.#bindings--;
      this.#wake();
    }
  }

  async #tellFailure(pod: PodRecord, message: string): Promise<void> {
    const { client, events, clock } = this.#context;
    const subject = { ...pod, type: resources.pods };
    events.record({ subject, component, type: 'Warning', reason: 'FailedScheduling', message });
    if (pod.unschedulableMessage === message) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      ...(pod.unschedulableMessage === undefined ? { lastTransitionTime: timestamp(clock.now()) } : {}),
    };
    const reference = { type: resources.pods, namespace: pod.namespace, name: pod.name };
    const patch = { metadata: { uid: pod.uid }, status: { conditions: [condition] } };
    await unlessGone(client.patch(reference, 'strategic', patch, { subresource: 'status' }));
  }
}
