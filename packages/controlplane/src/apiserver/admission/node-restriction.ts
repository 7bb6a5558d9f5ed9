// Keeps a node to itself: its own Node and lease, the pods bound to it, labels that say nothing of its trust.
// Source: k8s.io/kubernetes/plugin/pkg/admission/noderestriction.

import { equalJson, type KubeObject, type Node } from '@selvedge/kubernetes';
import { nodeNameOf } from '../authentication/user.ts';
import { metaOf } from '../object-meta.ts';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';
import { whyNotByNode } from './node-pods.ts';

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
    if (group === '' && resource === 'pods') {
      const why = whyNotByNode(request, node);
      if (why !== undefined) deny(request, why);
    }
    if (group === '' && resource === 'nodes') restrictNodes(request, node);
    if (group === 'coordination.k8s.io' && resource === 'leases') restrictLeases(request, node);
    if (group === 'storage.k8s.io' && resource === 'csinodes' && metaOf(request.object).name !== node) {
      deny(request, 'can only access CSINode with the same name as the requesting node');
    }
  },
};

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
    const who = `node ${JSON.stringify(node)}`;
    const what = old
      ? 'is not allowed to modify labels'
      : `${who} is not allowed to set the following labels`;
    deny(request, `${what}: ${forbidden.join(', ')}`);
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
