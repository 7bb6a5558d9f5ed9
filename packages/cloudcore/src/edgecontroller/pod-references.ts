// Which other objects a pod needs on its node: the ConfigMaps, Secrets and claims that its volumes, environment and image pulls name.

import type { Container, Pod, PodSpec, Volume } from '@selvedge/kubernetes';

/** An object as it is named on the wire: `<namespace>/<type>/<name>`, `null/<type>/<name>` without a namespace. */
export type ResourceKey = string;

export type ReferencedType = 'configmap' | 'secret' | 'persistentvolumeclaim';

export function resourceKey(namespace: string | undefined, type: string, name: string): ResourceKey {
  return `${namespace || 'null'}/${type}/${name}`;
}

/** Every object that the pod refers to, each once, in the order met. */
export function podReferences(pod: Pod): ResourceKey[] {
  const namespace = pod.metadata?.namespace ?? '';
  const found = new Set<ResourceKey>();
  const add = (type: ReferencedType, name: string | undefined) => {
    if (name) found.add(resourceKey(namespace, type, name));
  };
  const spec = pod.spec;
  if (!spec) return [];
  for (const volume of spec.volumes ?? []) addVolume(volume, add);
  for (const container of allContainers(spec)) addContainer(container, add);
  for (const secret of spec.imagePullSecrets ?? []) add('secret', secret.name);
  addEphemeralClaims(pod, add);
  return [...found];
}

type Add = (type: ReferencedType, name: string | undefined) => void;
type EnvironmentSource = Pick<Container, 'env' | 'envFrom'>;

function allContainers(spec: PodSpec): EnvironmentSource[] {
  return [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])];
}

function addContainer(container: EnvironmentSource, add: Add): void {
  for (const { valueFrom } of container.env ?? []) {
    add('configmap', valueFrom?.configMapKeyRef?.name);
    add('secret', valueFrom?.secretKeyRef?.name);
  }
  for (const source of container.envFrom ?? []) {
    add('configmap', source.configMapRef?.name);
    add('secret', source.secretRef?.name);
  }
}

function addVolume(volume: Volume, add: Add): void {
  add('configmap', volume.configMap?.name);
  add('secret', volume.secret?.secretName);
  add('persistentvolumeclaim', volume.persistentVolumeClaim?.claimName);
  for (const source of volume.projected?.sources ?? []) {
    add('configmap', source.configMap?.name);
    add('secret', source.secret?.name);
  }
  add('secret', volume.csi?.nodePublishSecretRef?.name);
  for (const remote of [
    volume.flexVolume,
    volume.cephfs,
    volume.rbd,
    volume.iscsi,
    volume.scaleIO,
    volume.storageos,
    volume.cinder,
  ]) {
    add('secret', remote?.secretRef?.name);
  }
  add('secret', volume.azureFile?.secretName);
}

/** A generic ephemeral volume's claim is named after pod and volume. */
function addEphemeralClaims(pod: Pod, add: Add): void {
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.ephemeral) add('persistentvolumeclaim', `${pod.metadata?.name ?? ''}-${volume.name}`);
  }
}
