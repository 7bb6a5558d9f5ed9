// What a node may see and touch beyond its own Node: its pods, and what they refer to. Every upstream handler asks here.

import type { KubeClient } from '@selvedge/client';
import { isApiFault } from '@selvedge/client';
import { type KubeObject, type Pod, resources, type Stored } from '@selvedge/kubernetes';
import type { NodeIndex } from '../node-index.ts';
import { resourceKey } from '../pod-references.ts';
import { forbidden, notFound, otherUid } from './refusal.ts';
import type { EdgeRequest } from './request.ts';

export type PodObject = Pod & KubeObject;

/** KubeEdge keeps the keys of the whole fleet here: no reference of a pod opens them to a node. */
const guardedNamespace = 'kubeedge';
const guardedSecrets: ReadonlySet<string> = new Set(['casecret', 'cloudcoresecret', 'tokensecret']);

export class NodeAccess {
  readonly #client: KubeClient;
  readonly #index: NodeIndex;

  constructor(client: KubeClient, index: NodeIndex) {
    this.#client = client;
    this.#index = index;
  }

  /** The node has a pod that refers to the object. */
  requireReference(request: EdgeRequest, type: 'configmap' | 'secret' | 'persistentvolumeclaim'): void {
    const { session, namespace, name } = request;
    const guarded = type === 'secret' && namespace === guardedNamespace && guardedSecrets.has(name);
    if (!guarded && this.refers(session.node, namespace, type, name)) return;
    const why = `no relationship found between node '${session.node}' and this object`;
    throw forbidden({ resource: `${type}s`, name }, why);
  }

  refers(node: string, namespace: string, type: string, name: string): boolean {
    return this.#index.refers(node, resourceKey(namespace, type, name));
  }

  /**
   * The uid of the pod, which is bound to the node and has the uid given, if one is. What is then written names the uid:
   * another node's pod may take the name in between. Asks the API when the pod is not known here, because a node may hear
   * of its pods as fast as we do.
   */
  async requirePod(request: EdgeRequest, uid = ''): Promise<string> {
    const { session, namespace, name } = request;
    const known = this.#index.pod(session.node, namespace, name);
    if (known && (!uid || uid === known.uid)) return known.uid;
    const pod = await this.readPod(namespace, name);
    if (!pod) throw notFound({ resource: 'pods', name });
    if (pod.spec?.nodeName !== session.node) {
      const why = `node "${session.node}" can only touch pods with spec.nodeName set to itself`;
      throw forbidden({ resource: 'pods', name }, why);
    }
    if (uid && uid !== pod.metadata.uid) throw otherUid({ resource: 'pods', name }, uid, pod.metadata.uid);
    return pod.metadata.uid;
  }

  /** Whether the pod is there and bound to the node. */
  async hasPod({ session, namespace, name }: EdgeRequest): Promise<boolean> {
    if (this.#index.pod(session.node, namespace, name)) return true;
    return (await this.readPod(namespace, name))?.spec?.nodeName === session.node;
  }

  async readPod(namespace: string, name: string): Promise<Stored<PodObject> | undefined> {
    try {
      return await this.#client.get<PodObject>({ type: resources.pods, namespace, name });
    } catch (error) {
      if (isApiFault(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
