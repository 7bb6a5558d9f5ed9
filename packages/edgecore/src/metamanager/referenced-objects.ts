// Which ConfigMaps and Secrets a pod reads: what a node must hold for it, and may forget with the last pod that does. Pure.

import type { Container, Pod, PodSpec, Volume } from '@selvedge/kubernetes';

/** Wire resources, `<namespace>/configmap|secret/<name>`. */
export function referencedObjects(pod: Pod): Set<string> {
  const found = new Set<string>();
  const namespace = pod.metadata?.namespace ?? '';
  const add = (type: 'configmap' | 'secret', name: string | undefined) => {
    if (name) found.add(`${namespace}/${type}/${name}`);
  };
  const spec = pod.spec;
  if (!spec) return found;
  for (const secret of spec.imagePullSecrets ?? []) add('secret', secret.name);
  for (const volume of spec.volumes ?? []) addVolume(volume, add);
  for (const container of containersOf(spec)) addContainer(container, add);
  return found;
}

type Add = (type: 'configmap' | 'secret', name: string | undefined) => void;

function containersOf(spec: PodSpec): Container[] {
  const ephemeral = (spec.ephemeralContainers ?? []) as Container[];
  return [...(spec.initContainers ?? []), ...spec.containers, ...ephemeral];
}

function addVolume(volume: Volume, add: Add): void {
  add('configmap', volume.configMap?.name);
  add('secret', volume.secret?.secretName);
  for (const source of volume.projected?.sources ?? []) {
    add('configmap', source.configMap?.name);
    add('secret', source.secret?.name);
  }
}

function addContainer(container: Container, add: Add): void {
  for (const from of container.envFrom ?? []) {
    add('configmap', from.configMapRef?.name);
    add('secret', from.secretRef?.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    add('configmap', valueFrom?.configMapKeyRef?.name);
    add('secret', valueFrom?.secretKeyRef?.name);
  }
}
