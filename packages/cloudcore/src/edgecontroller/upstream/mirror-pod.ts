// The only pods that a node may create: mirrors of its static pods, bound to itself and holding nothing of the cluster's.
// Source: Kubernetes documentation, "Admission Controllers", NodeRestriction; "Create static Pods".

import { podReferences } from '../pod-references.ts';
import type { PodObject } from './access.ts';
import { forbidden } from './refusal.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';

export function checkMirrorPod(pod: PodObject, node: string): void {
  const refuse = (why: string) => forbidden({ resource: 'pods', name: pod.metadata?.name ?? '' }, why);
  if (!pod.metadata?.annotations?.[mirrorAnnotation]) {
    throw refuse(
      `pod does not have "${mirrorAnnotation}" annotation, node "${node}" can only create mirror pods`,
    );
  }
  if (pod.spec?.nodeName !== node) {
    throw refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
  }
  checkOwner(pod, node, refuse);
  const account = pod.spec.serviceAccountName;
  if (account || pod.spec.serviceAccount) {
    throw refuse(`node "${node}" can not create pods that reference a service account`);
  }
  const [reference] = podReferences(pod);
  if (reference)
    throw refuse(`node "${node}" can not create pods that reference ${reference.split('/')[1]}s`);
  const withToken = (pod.spec.volumes ?? []).some((volume) =>
    volume.projected?.sources?.some((source) => source.serviceAccountToken),
  );
  if (withToken) throw refuse(`node "${node}" can not create pods that ask for a service account token`);
}

function checkOwner(pod: PodObject, node: string, refuse: (why: string) => Error): void {
  const owners = pod.metadata?.ownerReferences ?? [];
  for (const owner of owners) {
    const isNode = owner.apiVersion === 'v1' && owner.kind === 'Node' && owner.name === node;
    if (owners.length > 1 || !isNode || owner.blockOwnerDeletion) {
      throw refuse(`node "${node}" can only create pods with an owner reference set to itself`);
    }
  }
}
