// A node for tests of controllers: it registers as node agents do, and what is bound to it runs at once, in words only.

import { type Clock, isFault, sleep, systemClock } from '@selvedge/base';
import { createInformer, isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, type Pod, resources, type Stored } from '@selvedge/kubernetes';
import { unlessGone } from '../machinery/controller.ts';
import { timestamp } from '../machinery/event-recorder.ts';

const retryMs = 20;

export interface PretendNodeOptions {
  readonly client: KubeClient;
  readonly name: string;
  /** Second and third part of its pods' addresses, so that those of several nodes differ. */
  readonly subnet?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Which pods become ready; all by default. */
  readonly isReady?: (pod: Stored<Pod>) => boolean;
}

export class PretendNode implements AsyncDisposable {
  readonly #options: PretendNodeOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #addresses = new Map<string, string>();
  #pending: Promise<unknown> = Promise.resolve();

  private constructor(options: PretendNodeOptions) {
    this.#options = options;
    const { client, name } = options;
    const pods = createInformer<Pod & KubeObject>({
      client,
      type: resources.pods,
      fieldSelector: `spec.nodeName=${name}`,
    });
    const changed = (pod: Stored<Pod>) => {
      this.#pending = Promise.all([this.#pending, this.#see(pod)]);
    };
    pods.subscribe({ added: changed, modified: changed });
    this.#running = pods.run(this.#stop.signal);
  }

  static async join(options: PretendNodeOptions): Promise<PretendNode> {
    const { client, name, labels = {}, clock = systemClock } = options;
    await client.create(resources.nodes, nodeObject(name, labels, timestamp(clock.now())));
    return new PretendNode(options);
  }

  /** Tries again as long as nobody answers, as a node's agent does. */
  async #see(pod: Stored<Pod>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (pod.metadata.deletionTimestamp !== undefined) await this.#end(pod);
        else await this.#run(pod);
        return;
      } catch (error) {
        // Its next version comes as another event.
        if (isApiFault(error, 'Conflict') || this.#stop.signal.aborted) return;
        if (!isFault(error, 'client/unreachable')) throw error;
        await sleep(systemClock, retryMs, this.#stop.signal);
      }
    }
  }

  async #end({ metadata: { namespace = '', name, uid } }: Stored<Pod>): Promise<void> {
    const reference = { type: resources.pods, namespace, name };
    await unlessGone(
      this.#options.client.delete(reference, { gracePeriodSeconds: 0, preconditions: { uid } }),
    );
  }

  async #run(pod: Stored<Pod>): Promise<void> {
    const { client, clock = systemClock, isReady = () => true } = this.#options;
    const ready = isReady(pod) ? 'True' : 'False';
    const shown = pod.status?.conditions?.find((one) => one.type === 'Ready')?.status;
    if (pod.status?.phase === 'Succeeded' || shown === ready) return;
    const { namespace = '', name, uid } = pod.metadata;
    const podIP = this.#addressOf(uid);
    const now = timestamp(clock.now());
    const conditions = ['Initialized', 'Ready', 'ContainersReady'].map((type) => ({
      type,
      status: type === 'Initialized' ? 'True' : ready,
      lastTransitionTime: now,
    }));
    const status = { phase: 'Running', conditions, podIP, podIPs: [{ ip: podIP }], startTime: now };
    const patch = { metadata: { uid }, status };
    await unlessGone(
      client.patch({ type: resources.pods, namespace, name }, 'strategic', patch, { subresource: 'status' }),
    );
  }

  #addressOf(uid: string): string {
    const { subnet = '1.1' } = this.#options;
    const address = this.#addresses.get(uid) ?? `10.${subnet}.${this.#addresses.size + 1}`;
    this.#addresses.set(uid, address);
    return address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#pending;
  }
}

function nodeObject(name: string, labels: Readonly<Record<string, string>>, now: string): KubeObject {
  const resourceList = { cpu: '4', memory: '8Gi', pods: '110' };
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    status: {
      capacity: resourceList,
      allocatable: resourceList,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'it pretends',
          lastHeartbeatTime: now,
          lastTransitionTime: now,
        },
      ],
    },
  };
}
