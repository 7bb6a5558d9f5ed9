// A node's store in memory, for tests of edged alone: objects are put in by the test, what goes up is kept to be looked at.

import { Fault } from '@selvedge/base';
import type { NodeStore, StoreChange, StoredType } from '@selvedge/edgecore/edged';
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

export class MemoryNodeStore implements NodeStore {
  readonly objects = new Map<string, Stored<KubeObject>>();
  readonly statuses = new Map<string, { uid: string; status: PodStatus }>();
  readonly history: { name: string; status: PodStatus }[] = [];
  readonly events: Event[] = [];
  readonly terminated: string[] = [];
  readonly #listeners = new Set<(change: StoreChange) => void>();
  synchronized = true;
  reportedNode: Node | undefined;
  tokenSeconds = 3_600;
  tokensIssued = 0;
  #version = 1;

  put(type: StoredType, object: { metadata?: { name?: string; namespace?: string; uid?: string } }): void {
    const { name = '', namespace = 'default', uid } = object.metadata ?? {};
    const resourceVersion = String(this.#version++);
    const metadata = {
      ...object.metadata,
      name,
      namespace,
      uid: uid ?? crypto.randomUUID(),
      resourceVersion,
    };
    const stored = { ...object, metadata } as Stored<KubeObject>;
    this.objects.set(`${type}/${namespace}/${name}`, stored);
    this.#tell({ type, namespace, name, object: stored });
  }

  remove(type: StoredType, name: string, namespace = 'default'): void {
    this.objects.delete(`${type}/${namespace}/${name}`);
    this.#tell({ type, namespace, name, object: undefined });
  }

  /** As an API server does on `kubectl delete pod`. */
  deletePod(name: string, graceS: number, namespace = 'default'): void {
    const pod = this.pod(namespace, name);
    if (!pod) return;
    const deletion = {
      deletionTimestamp: new Date(Date.now() + graceS * 1000).toISOString(),
      deletionGracePeriodSeconds: graceS,
    };
    this.put('pod', { ...pod, metadata: { ...pod.metadata, ...deletion } });
  }

  #tell(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  pods(): Stored<Pod>[] {
    return this.#ofType('pod') as Stored<Pod>[];
  }

  pod(namespace: string, name: string): Stored<Pod> | undefined {
    return this.objects.get(`pod/${namespace}/${name}`) as Stored<Pod> | undefined;
  }

  node(): Stored<Node> | undefined {
    return this.#ofType('node')[0] as Stored<Node> | undefined;
  }

  services(namespace: string): Stored<Service>[] {
    const services = this.#ofType('service') as Stored<Service>[];
    return services.filter((service) => service.metadata.namespace === namespace);
  }

  #ofType(type: StoredType): Stored<KubeObject>[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${type}/`)).map(([, object]) => object);
  }

  async object<T extends KubeObject>(
    type: 'configmap' | 'secret',
    namespace: string,
    name: string,
  ): Promise<Stored<T>> {
    const found = this.objects.get(`${type}/${namespace}/${name}`);
    if (!found) throw new Fault('metamanager/not-found', `${type} "${name}" not found`);
    return found as Stored<T>;
  }

  async serviceAccountToken(
    namespace: string,
    account: string,
    request: TokenRequest,
  ): Promise<TokenRequest> {
    const number = ++this.tokensIssued;
    const expirationTimestamp = new Date(Date.now() + this.tokenSeconds * 1000).toISOString();
    const spec = { ...request.spec, expirationSeconds: this.tokenSeconds };
    return {
      ...request,
      spec,
      status: { token: `token-${namespace}-${account}-${number}`, expirationTimestamp },
    };
  }

  subscribe(listener: (change: StoreChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  podStatus(namespace: string, name: string) {
    return this.statuses.get(`${namespace}/${name}`);
  }

  setPodStatus(pod: Stored<Pod>, status: PodStatus): void {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    this.statuses.set(key, { uid: pod.metadata.uid, status });
    this.history.push({ name: pod.metadata.name, status });
  }

  podTerminated(pod: Stored<Pod>): void {
    this.terminated.push(pod.metadata.name);
    this.statuses.delete(`${pod.metadata.namespace}/${pod.metadata.name}`);
    this.remove('pod', pod.metadata.name, pod.metadata.namespace);
  }

  setNodeStatus(node: Node): void {
    this.reportedNode = node;
  }

  recordEvent(event: Event): void {
    this.events.push(event);
  }
}
