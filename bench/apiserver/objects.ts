// The objects of the load, as large and as full as a deployment's pods and a kubelet's reports are.

import type { KubeObject } from '@selvedge/kubernetes';

export const benchNamespace = 'bench';

const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '128Mi' } };

export function podObject(index: number): KubeObject {
  const labels = { app: 'gate-reader', tier: 'edge', 'pod-template-hash': '5d9c7b8f6d' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(index),
      namespace: benchNamespace,
      labels,
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'gate-reader-5d9c7b8f6d',
          uid: '6f9619ff-8b86-d011-b42d-00cf4fc964ff',
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      nodeName: `node-${Math.floor(index / 10)}`,
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'reader',
          image: 'registry.example/gate/reader:1.14.2',
          args: ['--listen=:8080', '--lanes=4', '--log-level=info'],
          env: [
            { name: 'LANE', value: String(index % 16) },
            { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          ],
          ports: [{ name: 'http', containerPort: 8080 }],
          resources,
          livenessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 20 },
          readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 10 },
          volumeMounts: [{ name: 'settings', mountPath: '/etc/reader' }],
        },
      ],
      volumes: [{ name: 'settings', configMap: { name: 'reader-settings' } }],
      tolerations: [{ key: 'node-role.kubernetes.io/edge', operator: 'Exists', effect: 'NoSchedule' }],
    },
  };
}

export function podName(index: number): string {
  return `gate-reader-5d9c7b8f6d-${String(index).padStart(7, '0')}`;
}

/** What a node reports when the pod's container has started. */
export function statusPatch(index: number, round: number): object {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, round)).toISOString().replace('.000', '');
  const condition = (type: string) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: at });
  const address = `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  return {
    status: {
      phase: 'Running',
      conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(condition),
      hostIP: '192.0.2.10',
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: at,
      containerStatuses: [
        {
          name: 'reader',
          state: { running: { startedAt: at } },
          lastState: {},
          ready: true,
          restartCount: round,
          image: 'registry.example/gate/reader:1.14.2',
          imageID:
            'registry.example/gate/reader@sha256:0d2f5a1c9e7b4a86d3f1c2b5e8a9047f6d1e3c5b7a9f8e2d4c6b1a3f5e7d9c0b',
          containerID: 'containerd://3f1c2b5e8a9047f6d1e3c5b7a9f8e2d4c6b1a3f5e7d9c0b0d2f5a1c9e7b4a86d',
          started: true,
        },
      ],
    },
  };
}

export function leaseObject(index: number): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: `node-${index}`, namespace: benchNamespace },
    spec: {
      holderIdentity: `node-${index}`,
      leaseDurationSeconds: 40,
      renewTime: '2026-01-01T00:00:00.000000Z',
    },
  };
}

export function leasePatch(round: number): object {
  const micros = String(round % 1_000_000).padStart(6, '0');
  const at = new Date(Date.UTC(2026, 0, 1) + Math.floor(round / 1_000_000) * 1000).toISOString();
  return { spec: { renewTime: at.replace('.000Z', `.${micros}Z`) } };
}
