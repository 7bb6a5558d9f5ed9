// Objects as a cloud sends them, for tests.

import type { Pod, Stored } from '@selvedge/kubernetes';

export function pod(
  name: string,
  { uid = `uid-${name}`, version = '1', ...spec }: Record<string, unknown> = {},
): Stored<Pod> {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: String(uid), resourceVersion: String(version) },
    spec: { nodeName: 'edge-1', containers: [{ name: 'main', image: 'busybox' }], ...spec },
  } as Stored<Pod>;
}

export function configMap(name: string, version = '1', data: Record<string, string> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: version },
    data,
  };
}

export const notFound = {
  ErrStatus: { status: 'Failure', reason: 'NotFound', message: 'not found', code: 404, details: {} },
};
