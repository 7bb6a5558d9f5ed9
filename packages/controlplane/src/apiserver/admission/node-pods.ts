// What a node may do to pods: write the status of its own, delete them, and mirror those that it runs without being asked.
// Source: k8s.io/kubernetes/plugin/pkg/admission/noderestriction.

import {
  equalJson,
  type KubeObject,
  type OwnerReference,
  type Pod,
  type TokenRequest,
} from '@selvedge/kubernetes';
import type { Store } from '../../store/store-contract.ts';
import { nodeNameOf } from '../authentication/user.ts';
import { isMirrorPod, podReferences } from '../authorization/pod-references.ts';
import { metaOf } from '../object-meta.ts';
import { storageKey } from '../registry/resource.ts';
import { refuse } from '../status-error.ts';
import type { VerbCall } from '../verbs/target.ts';
import { type AdmissionRequest, deny } from './admission.ts';

/** Why the node may not; undefined when it may. */
export function whyNotByNode(request: AdmissionRequest, node: string): string | undefined {
  const who = `node ${JSON.stringify(node)}`;
  const { operation, options } = request;
  if (operation === 'CREATE') return whyNotCreate(request, node);
  const pod = (request.old ?? request.object) as KubeObject & Pod;
  const isOwn = pod.spec?.nodeName === node;
  if (operation === 'DELETE') {
    return isOwn ? undefined : `${who} can only delete pods with spec.nodeName set to itself`;
  }
  if (options.subresource !== 'status') {
    return `unexpected operation "UPDATE", ${who} can only create and delete mirror pods`;
  }
  if (!isOwn) return `${who} can only update pod status for pods with spec.nodeName set to itself`;
  const [labels = {}, before = {}] = [metaOf(request.object).labels, metaOf(pod).labels];
  return equalJson(labels, before) ? undefined : `${who} cannot update labels through pod status`;
}

function whyNotCreate({ context, object }: AdmissionRequest, node: string): string | undefined {
  const who = `node ${JSON.stringify(node)}`;
  const pod = object as KubeObject & Pod;
  if (!isMirrorPod(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, ${who} can only create mirror pods`;
  }
  if (pod.spec?.nodeName !== node) return `${who} can only create pods with spec.nodeName set to itself`;
  const owned = whyNotOwners(pod.metadata?.ownerReferences ?? [], node, context.store);
  if (owned !== undefined) return owned;
  const kinds = new Set(Array.from(podReferences(pod), (reference) => reference.split('/')[0] ?? ''));
  if (kinds.has('serviceaccounts')) return `${who} can not create pods that reference a service account`;
  const kind = ['secrets', 'configmaps'].find((one) => kinds.has(one));
  const claims = pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim) && 'persistentvolumeclaims';
  return kind || claims ? `${who} can not create pods that reference ${kind || claims}` : undefined;
}

function whyNotOwners(owners: readonly OwnerReference[], node: string, store: Store): string | undefined {
  const who = `node ${JSON.stringify(node)}`;
  const itself = 'owner reference set to itself';
  const [owner] = owners;
  if (owners.length > 1) return `${who} can only create pods with a single ${itself}`;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `${who} can only create pods with an ${itself}`;
  }
  if (!owner.controller) return `${who} can only create pods with a controller ${itself}`;
  if (owner.blockOwnerDeletion) return `${who} must not set blockOwnerDeletion on an owner reference`;
  const entry = store.latest('nodes', node);
  if (!entry) throw refuse.notFound({ group: '', resource: 'nodes' }, node);
  if (owner.uid === entry.header.uid) return undefined;
  return `node ${node} UID mismatch: expected ${owner.uid} got ${entry.header.uid}`;
}

/** A mirror pod is there to be seen: whoever writes it, it opens nothing to its node. */
export function requireNoReferences(request: AdmissionRequest): void {
  const pod = request.object as KubeObject & Pod;
  if (pod.spec?.serviceAccountName) deny(request, 'a mirror pod may not reference service accounts');
  if ([...podReferences(pod)].some((reference) => reference.startsWith('secrets/'))) {
    deny(request, 'a mirror pod may not reference secrets');
  }
  const projected = (pod.spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  if (projected.some((source) => source.serviceAccountToken)) {
    deny(request, 'a mirror pod may not use ServiceAccountToken volume projections');
  }
}

/** A node gets a service account's token for a pod that runs on it, and for nothing else. */
export function restrictNodeToken({ context, request, target }: VerbCall, spec: TokenRequest['spec']): void {
  const node = nodeNameOf(request.user);
  if (node === undefined) return;
  const forbidden = (why: string) => refuse.forbidden(target.resource, target.name, why);
  const { apiVersion, kind, name, uid } = spec?.boundObjectRef ?? {};
  if (apiVersion !== 'v1' || kind !== 'Pod' || !name)
    throw forbidden('node requested token not bound to a pod');
  if (!uid) throw forbidden('node requested token with a pod binding without a uid');
  const entry = context.store.latest('pods', storageKey(target.namespace, name));
  if (!entry) throw refuse.notFound({ group: '', resource: 'pods' }, name);
  if (uid !== entry.header.uid) {
    throw forbidden(
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (entry.header.fields['spec.nodeName'] !== node) {
    throw forbidden('node requested token bound to a pod scheduled on a different node');
  }
}
