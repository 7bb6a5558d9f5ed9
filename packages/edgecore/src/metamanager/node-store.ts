// What the node's modules may ask of metamanager: the node's desired objects, offline as online, and the way back up.

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

/** Kinds that a node holds, by KubeEdge's resource type: the third token of a message's resource. */
export type StoredType =
  | 'pod'
  | 'configmap'
  | 'secret'
  | 'node'
  | 'service'
  | 'endpointslice'
  | 'serviceaccounttoken';

export interface StoreChange {
  readonly type: StoredType;
  readonly namespace: string;
  readonly name: string;
  /** Undefined when the object is gone. */
  readonly object: Stored<KubeObject> | undefined;
}

/**
 * The node's truth. Reads are answered from the local store alone, so they work with no cloud in sight; what is missing
 * and allowed to be asked for is fetched from the cloud when there is a link.
 *
 * Everything that goes up is level-triggered: the newest state is kept in the store and sent when there is a link, so a
 * call here never waits for the cloud unless it says so.
 */
export interface NodeStore {
  /**
   * False on a new store (a first start, or one after damage) until the cloud has said what belongs here. Till then an
   * object that is missing proves nothing: what runs must not be stopped only because the store does not know it.
   */
  readonly synchronized: boolean;
  /** The pods that this node should have, those being deleted (deletionTimestamp set) among them. */
  pods(): Stored<Pod>[];
  pod(namespace: string, name: string): Stored<Pod> | undefined;
  node(): Stored<Node> | undefined;
  services(namespace: string): Stored<Service>[];

  /**
   * A ConfigMap or Secret: from the store, else from the cloud when connected.
   * Rejects with `metamanager/not-found` when the cloud says there is none, `metamanager/offline` (retryable) when
   * nobody can say.
   */
  object<T extends KubeObject>(
    type: 'configmap' | 'secret',
    namespace: string,
    name: string,
  ): Promise<Stored<T>>;

  /**
   * A service account's token: a stored one that is still good for the pod, else a new one from the cloud. With no link
   * an expired token is still returned (the pod starts, the token is renewed when the link is back); with neither,
   * rejects with `metamanager/offline`.
   */
  serviceAccountToken(
    namespace: string,
    serviceAccount: string,
    request: TokenRequest,
  ): Promise<TokenRequest>;

  /** Called after each committed change, in order; dispose to stop. */
  subscribe(listener: (change: StoreChange) => void): Disposable;

  /** The status last reported for the pod, kept over restarts; undefined for a pod that never had one here. */
  podStatus(
    namespace: string,
    name: string,
  ): { readonly uid: string; readonly status: PodStatus } | undefined;
  /** Keeps the pod's status and sends it up when it can. */
  setPodStatus(pod: Stored<Pod>, status: PodStatus): void;
  /** The pod's containers, volumes and network are gone: forget it here, and delete it (grace 0) in the cloud. */
  podTerminated(pod: Stored<Pod>): void;
  /** Registers the node if the cloud has none by this name, and keeps its status up to date from now on. */
  setNodeStatus(node: Node): void;
  recordEvent(event: Event): void;
}
