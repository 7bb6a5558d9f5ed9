// What a pod refers to and its node must therefore be able to read.

import type { Pod, Volume } from '@selvedge/kubernetes';

const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** What a node shows of a pod that it runs by itself, from a file. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata?.annotations?.[mirrorAnnotation] !== undefined;
}

/** As `secrets/NAMESPACE/NAME`, each once. */
export function podReferences(pod: Pod): Set<string> {
  const found = new Set<string>();
  const namespace = pod.metadata?.namespace ?? '';
  const add = (resource: string, name: string | undefined) => {
    if (name) found.add(`${resource}/${namespace}/${name}`);
  };
  const spec = pod.spec;
  add('serviceaccounts', spec?.serviceAccountName);
  for (const secret of spec?.imagePullSecrets ?? []) add('secrets', secret.name);
  for (const volume of spec?.volumes ?? []) {
    addVolume(volume, add);
    // Its claim is made for the pod, and named after both.
    if (volume.ephemeral) add('persistentvolumeclaims', `${pod.metadata?.name ?? ''}-${volume.name}`);
  }
  const containers = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  for (const { env, envFrom } of containers) {
    for (const { valueFrom } of env ?? []) {
      add('secrets', valueFrom?.secretKeyRef?.name);
      add('configmaps', valueFrom?.configMapKeyRef?.name);
    }
    for (const { secretRef, configMapRef } of envFrom ?? []) {
      add('secrets', secretRef?.name);
      add('configmaps', configMapRef?.name);
    }
  }
  return found;
}

function addVolume(volume: Volume, add: (resource: string, name: string | undefined) => void): void {
  add('secrets', volume.secret?.secretName);
  add('configmaps', volume.configMap?.name);
  add('persistentvolumeclaims', volume.persistentVolumeClaim?.claimName);
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    add('secrets', secret?.name);
    add('configmaps', configMap?.name);
  }
  const referring = [
    volume.cephfs,
    volume.flexVolume,
    volume.rbd,
    volume.scaleIO,
    volume.storageos,
    volume.iscsi,
  ];
  for (const source of referring) add('secrets', source?.secretRef?.name);
  add('secrets', volume.csi?.nodePublishSecretRef?.name);
  add('secrets', volume.azureFile?.secretName);
}
