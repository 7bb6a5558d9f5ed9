// Keeps a node to itself: its own Node and lease, the pods bound to it, labels that say nothing of its trust.
// Source: k8s.io/kubernetes/plugin/pkg/admission/noderestriction.

import { equalJson, type KubeObject, type Node, type Pod } from '@selvedge/kubernetes';
import { nodeNameOf } from '../authentication/user.ts';
import { metaOf } from '../object-meta.ts';
import { refuse } from '../status-error.ts';
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';

const mirrorAnnotation = 'kubernetes.io/config.mirror';
const ownLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  validate: (request) => {
    const node = nodeNameOf(request.options.user);
    if (node === undefined) return;
    const { group, resource } = request.resource;
    if (group === '' && resource === 'pods') restrictPods(request, node);
    if (group === '' && resource === 'nodes') restrictNodes(request, node);
    if (group === 'coordination.k8s.io' && resource === 'leases') restrictLeases(request, node);
  },
};

function deny({ resource, object }: AdmissionRequest, why: string): never {
  throw refuse.forbidden(resource, metaOf(object).name ?? '', why);
}

function restrictPods(request: AdmissionRequest, node: string): void {
  const pod = (request.old ?? request.object) as KubeObject & Pod;
  const nodeName = pod.spec?.nodeName ?? '';
  if (request.operation !== 'CREATE') {
    if (nodeName === node) return;
    const what = request.operation === 'DELETE' ? 'delete' : 'update status for';
    deny(request, `node ${JSON.stringify(node)} can only ${what} pods with spec.nodeName set to itself`);
  }
  const annotations = metaOf(pod).annotations ?? {};
  if (annotations[mirrorAnnotation] === undefined) {
    deny(
      request,
      `pod does not have ${JSON.stringify(mirrorAnnotation)} annotation, node ${JSON.stringify(node)} can only create mirror pods`,
    );
  }
  if (nodeName !== node)
    deny(request, `node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`);
  if (pod.spec?.serviceAccountName)
    deny(request, `node ${JSON.stringify(node)} can not create pods that reference a service account`);
  if (
    pod.spec?.volumes?.some(
      (volume) => volume.secret || volume.configMap || volume.projected || volume.persistentVolumeClaim,
    )
  ) {
    deny(
      request,
      `node ${JSON.stringify(node)} can not create pods that reference secrets, configmaps or claims`,
    );
  }
}

function restrictNodes(request: AdmissionRequest, node: string): void {
  const { object, old, operation } = request;
  const name = metaOf(object).name ?? '';
  if (name !== node)
    deny(request, `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`);
  if (operation === 'DELETE') deny(request, `node ${JSON.stringify(node)} is not allowed to delete nodes`);
  const labels = metaOf(object).labels ?? {};
  const before = metaOf(old ?? {}).labels ?? {};
  const changed = Object.keys({ ...labels, ...before }).filter((key) => labels[key] !== before[key]);
  const forbidden = changed.filter(isForbiddenLabel).sort();
  if (forbidden.length > 0) {
    deny(request, `is not allowed to modify labels: ${forbidden.join(', ')}`);
  }
  const taints = (object as KubeObject & Node).spec?.taints ?? [];
  const taintsBefore = (old as (KubeObject & Node) | undefined)?.spec?.taints ?? [];
  if (operation === 'UPDATE' && !equalJson(taints, taintsBefore)) {
    deny(request, `node ${JSON.stringify(node)} is not allowed to modify taints`);
  }
}

/** Labels of kubernetes.io and k8s.io speak for the cluster, but for those that a kubelet sets about itself. */
function isForbiddenLabel(key: string): boolean {
  const prefix = key.includes('/') ? (key.split('/')[0] ?? '') : '';
  if (prefix === 'node-restriction.kubernetes.io' || prefix.endsWith('.node-restriction.kubernetes.io'))
    return true;
  const isReserved = ['kubernetes.io', 'k8s.io'].some(
    (domain) => prefix === domain || prefix.endsWith(`.${domain}`),
  );
  if (!isReserved || ownLabels.has(key)) return false;
  return !['kubelet.kubernetes.io', 'node.kubernetes.io'].some(
    (one) => prefix === one || prefix.endsWith(`.${one}`),
  );
}

function restrictLeases(request: AdmissionRequest, node: string): void {
  const { name, namespace } = metaOf(request.object);
  if (namespace !== 'kube-node-lease')
    deny(request, `can only access leases in the "kube-node-lease" system namespace`);
  if (name !== node) deny(request, 'can only access node lease with the same name as the requesting node');
}
