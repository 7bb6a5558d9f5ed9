// Gives each pod its service account, and the volume with the account's token, CA and namespace.
// Source: k8s.io/kubernetes/plugin/pkg/admission/serviceaccount.

import type { KubeObject, Pod, PodSpec, ServiceAccount, Volume } from '@selvedge/kubernetes';
import { isMirrorPod } from '../authorization/pod-references.ts';
import { generateName } from '../object-meta.ts';
import { storageKey } from '../registry/resource.ts';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';
import { requireNoReferences } from './node-pods.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Seven seconds more than an hour: what tells the automatic ones from those that somebody asked for. */
const expirationSeconds = 3_607;

export const serviceAccounts: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate: (request) => {
    const { resource, operation, object } = request;
    if (resource.group !== '' || resource.resource !== 'pods' || operation !== 'CREATE') return;
    const pod = object as KubeObject & Pod;
    if (!pod.spec) return;
    if (isMirrorPod(pod)) return requireNoReferences(request);
    const name = pod.spec.serviceAccountName || 'default';
    pod.spec.serviceAccountName = name;
    pod.spec.serviceAccount = name;
    const account = findAccount(request, name);
    const wantsToken = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (wantsToken) mountToken(pod.spec);
    if (!pod.spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      pod.spec.imagePullSecrets = account.imagePullSecrets;
    }
  },
};

function findAccount(request: AdmissionRequest, name: string): ServiceAccount {
  const { context, namespace } = request;
  const entry = context.store.latest('serviceaccounts', storageKey(namespace, name));
  if (entry) return JSON.parse(Buffer.from(entry.value).toString('utf8')) as ServiceAccount;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
  return deny(request, why);
}

function mountToken(spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter(
    ({ volumeMounts }) => !volumeMounts?.some((mount) => mount.mountPath === mountPath),
  );
  if (without.length === 0) return;
  const name = generateName('kube-api-access-');
  for (const container of without) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  }
  spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  };
}
