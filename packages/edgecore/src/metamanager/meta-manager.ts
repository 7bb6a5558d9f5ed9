// MetaManager: the node's truth on disk, between the cloud and the node's modules.

import type {
  Event,
  KubeObject,
  Node,
  Pod,
  PodStatus,
  Service,
  Stored,
  TokenRequest,
} from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';
import type { CloudLink } from './cloud-requests.ts';
import { DigestReporter } from './digest-reporter.ts';
import { EventRecorder } from './event-recorder.ts';
import { Inbox } from './inbox.ts';
import { LeaseReporter } from './lease-reporter.ts';
import { type MetaContext, type MetaContextOptions, openMetaContext } from './meta-context.ts';
import { NodeReporter } from './node-reporter.ts';
import type { NodeStore, StoreChange } from './node-store.ts';
import { type ObjectKey, wireResource } from './object-key.ts';
import { ObjectReader } from './object-reader.ts';
import { PodDeletions } from './pod-deletions.ts';
import { PodStatuses } from './pod-statuses.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';
import { StoreState } from './store-state.ts';
import { UnreferencedObjects } from './unreferenced-objects.ts';
import { Uplink } from './uplink.ts';

export interface MetaManagerOptions extends MetaContextOptions {
  readonly maxStoredEvents: number;
}

const limits = {
  reportsInFlight: 16,
  reportRetryInitialMs: 1_000,
  reportRetryMaxMs: 60_000,
  settleMs: 10_000,
  withoutDigestMs: 10 * 60_000,
} as const;

/** Opens the node's store and takes up what an earlier life left in it; works without any cloud from here on. */
export function openMetaManager(options: MetaManagerOptions): MetaManager {
  const context = openMetaContext(options);
  const manager = new MetaManager(context, options.maxStoredEvents);
  manager.start();
  return manager;
}

export class MetaManager implements NodeStore, AsyncDisposable {
  readonly #context: MetaContext;
  readonly #state: StoreState;
  readonly #inbox: Inbox;
  readonly #reader: ObjectReader;
  readonly #uplink: Uplink;
  readonly #statuses: PodStatuses;
  readonly #deletions: PodDeletions;
  readonly #tokens: ServiceAccountTokens;
  readonly #node: NodeReporter;
  readonly #events: EventRecorder;
  readonly #unreferenced: UnreferencedObjects;
  readonly #stop = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(context: MetaContext, maxStoredEvents: number) {
    this.#context = context;
    const touch = (reporter: string) => (key: string) => this.#uplink.touch(reporter, key);
    this.#state = new StoreState(context, { ...limits, onSettled: () => this.#unreferenced.schedule() });
    this.#reader = new ObjectReader(context);
    this.#deletions = new PodDeletions(context);
    this.#statuses = new PodStatuses({
      context,
      touch: touch('pod-status'),
      onPodGone: ({ namespace, name, uid }) => this.#inbox.forget({ type: 'pod', namespace, name }, uid),
    });
    this.#tokens = new ServiceAccountTokens(context, touch('token'));
    this.#node = new NodeReporter(context, () => touch('node')('node'));
    this.#events = new EventRecorder(context, {
      maxStored: maxStoredEvents,
      touch: () => touch('event')('events'),
    });
    this.#inbox = new Inbox({
      context,
      hasEnded: (uid) => this.#deletions.has(uid),
      onPodWrite: (key, pod) => this.#onPodWrite(key, pod),
      onArrival: (resource) => this.#state.arrived(resource),
    });
    this.#unreferenced = new UnreferencedObjects({
      context,
      isSettled: () => this.#state.settled,
      remove: (key) => this.#inbox.remove(key, undefined),
    });
    this.#uplink = this.#createUplink();
  }

  #createUplink(): Uplink {
    const { clock, logger, requests } = this.#context;
    const uplink = new Uplink({
      clock,
      logger,
      requests,
      concurrency: limits.reportsInFlight,
      retryInitialMs: limits.reportRetryInitialMs,
      retryMaxMs: limits.reportRetryMaxMs,
    });
    // The order in which a new link is told.
    uplink.add(new DigestReporter(this.#context, (differences) => this.#state.digestAnswered(differences)));
    uplink.add(this.#node);
    uplink.add(new LeaseReporter(this.#context));
    uplink.add(this.#deletions);
    uplink.add(this.#statuses);
    uplink.add(this.#tokens);
    uplink.add(this.#events);
    return uplink;
  }

  start(): void {
    this.#working = this.#uplink.run(this.#stop.signal);
  }

  linkUp(link: CloudLink): void {
    this.#inbox.linkUp();
    this.#context.requests.linkUp(link);
    this.#state.linkUp(link.capabilities);
    this.#uplink.linkUp();
  }

  linkDown(): void {
    this.#context.requests.linkDown();
    this.#state.linkDown();
  }

  receive(message: Message, link: CloudLink): void {
    this.#inbox.receive(message, link);
  }

  get synchronized(): boolean {
    return this.#state.synchronized;
  }

  pods(): Stored<Pod>[] {
    return this.#context.objects.list<Pod & KubeObject>('pod');
  }

  pod(namespace: string, name: string): Stored<Pod> | undefined {
    return this.#context.objects.read<Pod & KubeObject>({ type: 'pod', namespace, name });
  }

  node(): Stored<Node> | undefined {
    const key: ObjectKey = { type: 'node', namespace: '', name: this.#context.nodeName };
    return this.#context.objects.read<Node & KubeObject>(key);
  }

  services(namespace: string): Stored<Service>[] {
    return this.#context.objects.list<Service & KubeObject>('service', namespace);
  }

  object<T extends KubeObject>(
    type: 'configmap' | 'secret',
    namespace: string,
    name: string,
  ): Promise<Stored<T>> {
    return this.#reader.read<T>({ type, namespace, name });
  }

  serviceAccountToken(
    namespace: string,
    serviceAccount: string,
    request: TokenRequest,
  ): Promise<TokenRequest> {
    return this.#tokens.get(namespace, serviceAccount, request);
  }

  subscribe(listener: (change: StoreChange) => void): Disposable {
    return this.#context.changes.subscribe(listener);
  }

  podStatus(
    namespace: string,
    name: string,
  ): { readonly uid: string; readonly status: PodStatus } | undefined {
    return this.#statuses.get(namespace, name);
  }

  setPodStatus(pod: Stored<Pod>, status: PodStatus): void {
    this.#statuses.set(pod, status);
  }

  podTerminated(pod: Stored<Pod>): void {
    const { namespace = '', name, uid } = pod.metadata;
    const key: ObjectKey = { type: 'pod', namespace, name };
    this.#context.commits.soon({
      object: wireResource(key),
      apply: () => {
        const remembered = this.#deletions.add(pod);
        const forgotten = this.#inbox.remove(key, uid);
        return () => {
          remembered();
          forgotten?.();
        };
      },
      committed: () => this.#uplink.touch('pod-deletion', uid),
    });
  }

  setNodeStatus(node: Node): void {
    this.#node.set(node);
  }

  recordEvent(event: Event): void {
    this.#events.record(event);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unreferenced[Symbol.dispose]();
    this.linkDown();
    this.#stop.abort();
    await this.#working;
    this.#context.commits[Symbol.dispose]();
    this.#context.database[Symbol.dispose]();
  }

  /** Within the transaction that writes or removes a pod: lets go of what was kept for it. */
  #onPodWrite(key: ObjectKey, pod: KubeObject | undefined): Array<() => void> {
    const { objects } = this.#context;
    const entry = objects.entry(key);
    const before = objects.read<Pod & KubeObject>(key);
    if (!entry || !before) return [];
    const isOther = pod?.metadata?.uid !== entry.uid;
    const visible = isOther
      ? [this.#statuses.remove(key.namespace, key.name), this.#tokens.removeOfPod(entry.uid)]
      : [];
    visible.push(() => this.#unreferenced.release(before, pod as Pod | undefined));
    return visible;
  }
}
