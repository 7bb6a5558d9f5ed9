import { expect, test } from 'bun:test';
import type { Pod } from '@selvedge/kubernetes';
import { podReferences } from './pod-references.ts';

test('every place in which a pod may name another object is looked at', () => {
  const from = (kind: string) => ({
    env: [
      { name: 'A', valueFrom: { configMapKeyRef: { name: `${kind}-env-config`, key: 'k' } } },
      { name: 'B', valueFrom: { secretKeyRef: { name: `${kind}-env-secret`, key: 'k' } } },
    ],
    envFrom: [
      { configMapRef: { name: `${kind}-from-config` } },
      { secretRef: { name: `${kind}-from-secret` } },
    ],
  });
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'ns' },
    spec: {
      initContainers: [{ name: 'i', ...from('init') }],
      containers: [{ name: 'c', ...from('main') }],
      ephemeralContainers: [{ name: 'e', ...from('debug') }],
      imagePullSecrets: [{ name: 'pull' }],
      volumes: [
        { name: '1', configMap: { name: 'volume-config' } },
        { name: '2', secret: { secretName: 'volume-secret' } },
        {
          name: '3',
          projected: {
            sources: [{ configMap: { name: 'kube-root-ca.crt' } }, { secret: { name: 'projected' } }],
          },
        },
        { name: '4', persistentVolumeClaim: { claimName: 'data' } },
        { name: '5', csi: { driver: 'd', nodePublishSecretRef: { name: 'csi' } } },
        { name: 'scratch', ephemeral: {} },
      ],
    },
  };
  const kinds = ['init', 'main', 'debug'];
  expect(podReferences(pod).sort()).toEqual(
    [
      ...kinds.flatMap((kind) => [`ns/configmap/${kind}-env-config`, `ns/configmap/${kind}-from-config`]),
      ...kinds.flatMap((kind) => [`ns/secret/${kind}-env-secret`, `ns/secret/${kind}-from-secret`]),
      'ns/configmap/kube-root-ca.crt',
      'ns/configmap/volume-config',
      'ns/persistentvolumeclaim/data',
      'ns/persistentvolumeclaim/p-scratch',
      'ns/secret/csi',
      'ns/secret/projected',
      'ns/secret/pull',
      'ns/secret/volume-secret',
    ].sort(),
  );
});
