// The node authorizer: a node may read the secrets, configmaps, claims and tokens of the pods bound to it, and no others.
// Source of the rules: kubernetes/plugin/pkg/auth/authorizer/node.

import type { Pod } from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import { nodeNameOf, type User } from '../authentication/user.ts';
import type { Attributes, Decision } from './attributes.ts';
import { nodeRules } from './node-rules.ts';
import { isMirrorPod, podReferences } from './pod-references.ts';
import { ruleAllows } from './rules.ts';

type ResourceAttributes = Extract<Attributes, { kind: 'resource' }>;

/** What a PersistentVolume or a VolumeAttachment says of whom it serves. */
interface Volume {
  readonly spec?: {
    readonly claimRef?: { readonly namespace?: string; readonly name?: string };
    readonly nodeName?: string;
  };
}

const no = (reason: string): Decision => ({ kind: 'no-opinion', reason });
const allow: Decision = { kind: 'allow', reason: '' };
const readVerbs = ['get', 'list', 'watch'];

export class NodeAuthorizer {
  /** Of each node: how many of its pods refer to `secrets/ns/name` and the like. */
  readonly #references = new Map<string, Map<string, number>>();

  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    const pods = store.collection('pods');
    const started = pods.watch(store.revision, ({ previous, entry }) => {
      if (previous) this.#count(JSON.parse(Buffer.from(previous.value).toString('utf8')), -1);
      if (entry) this.#count(JSON.parse(Buffer.from(entry.value).toString('utf8')), 1);
    });
    if (started.kind !== 'watching') return;
    const listed = pods.list({ prefix: '' });
    if (listed.kind !== 'entries') return;
    for (const entry of listed.entries) this.#count(JSON.parse(Buffer.from(entry.value).toString('utf8')), 1);
  }

  decide(user: User, attributes: Attributes): Decision {
    const node = nodeNameOf(user);
    if (node === undefined) return no('');
    if (attributes.kind === 'resource') {
      const { group, resource } = attributes;
      switch (group === '' ? resource : `${resource}.${group}`) {
        case 'secrets':
        case 'configmaps':
          return this.#mayRead(node, attributes);
        case 'persistentvolumeclaims':
          return attributes.subresource === 'status'
            ? this.#mayUse(node, attributes)
            : this.#mayRead(node, attributes);
        case 'serviceaccounts':
          return this.#mayRequestToken(node, attributes);
        case 'persistentvolumes':
        case 'volumeattachments.storage.k8s.io':
          return this.#mayGet(node, attributes);
        case 'leases.coordination.k8s.io':
          return mayUseLease(node, attributes);
        case 'csinodes.storage.k8s.io':
          return mayUseCsiNode(node, attributes);
        default:
      }
    }
    return nodeRules.some((rule) => ruleAllows(rule, attributes)) ? allow : no('');
  }

  #mayRead(node: string, attributes: ResourceAttributes): Decision {
    if (!readVerbs.includes(attributes.verb) || attributes.subresource !== '') {
      return no(`can only read ${readable(attributes)}`);
    }
    return this.#mayUse(node, attributes);
  }

  /** Of the cluster's volumes: those behind the claims of its pods, and what attaches one to it. */
  #mayGet(node: string, { verb, resource, group, subresource, name }: ResourceAttributes): Decision {
    if (verb !== 'get' || name === '') return no('can only get individual resources of this type');
    if (subresource !== '') return no('cannot get subresource');
    const collection = group === '' ? resource : `${resource}.${group}`;
    const entry = this.#store.collection(collection).get(name);
    const { spec } = entry ? (JSON.parse(Buffer.from(entry.value).toString('utf8')) as Volume) : {};
    const claim = `persistentvolumeclaims/${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`;
    const isUsed = spec?.nodeName === node || this.#references.get(node)?.has(claim) === true;
    return isUsed ? allow : no(`no relationship found between node '${node}' and this object`);
  }

  #mayUse(node: string, { resource, namespace, name }: ResourceAttributes): Decision {
    if (name === '') return no(`No Object name found`);
    if (this.#references.get(node)?.has(`${resource}/${namespace}/${name}`)) return allow;
    return no(`no relationship found between node '${node}' and this object`);
  }

  #mayRequestToken(node: string, attributes: ResourceAttributes): Decision {
    if (attributes.verb === 'get' && attributes.subresource === '') return this.#mayUse(node, attributes);
    if (attributes.verb !== 'create' || attributes.subresource !== 'token') {
      return no('can only create tokens for individual service accounts');
    }
    return this.#mayUse(node, attributes);
  }

  #count(pod: Pod, by: 1 | -1): void {
    const node = pod.spec?.nodeName;
    // A mirror pod is the node's own word: it opens nothing to it, even if it got past admission.
    if (!node || isMirrorPod(pod)) return;
    const counts = this.#references.get(node) ?? new Map<string, number>();
    this.#references.set(node, counts);
    for (const reference of podReferences(pod)) {
      const count = (counts.get(reference) ?? 0) + by;
      if (count > 0) counts.set(reference, count);
      else counts.delete(reference);
    }
    if (counts.size === 0) this.#references.delete(node);
  }
}

function readable({ resource }: ResourceAttributes): string {
  return `resources of type ${resource}`;
}

function mayUseLease(node: string, { verb, namespace, name }: ResourceAttributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return no('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== 'kube-node-lease')
    return no(`can only access leases in the "kube-node-lease" system namespace`);
  if (verb !== 'create' && name !== node)
    return no('can only access node lease with the same name as the requesting node');
  return allow;
}

function mayUseCsiNode(node: string, { verb, subresource, name }: ResourceAttributes): Decision {
  if (subresource !== '') return no('cannot authorize CSINode subresources');
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return no('can only get, create, update, patch, or delete a CSINode');
  }
  if (verb !== 'create' && name !== node)
    return no('can only access CSINode with the same name as the requesting node');
  return allow;
}
