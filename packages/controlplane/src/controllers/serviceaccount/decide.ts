// What a namespace lacks of the objects that each one has. Pure.

import type { KubeObject, Namespace, ServiceAccount } from '@selvedge/kubernetes';

export interface NamespaceObjects {
  readonly namespace: Namespace | undefined;
  readonly serviceAccount: ServiceAccount | undefined;
  readonly rootCaConfigMap: KubeObject | undefined;
  readonly rootCa: string;
}

export interface NamespaceObjectsDecision {
  readonly createServiceAccount: boolean;
  readonly writeRootCa: 'create' | 'update' | undefined;
}

export function decideNamespaceObjects(present: NamespaceObjects): NamespaceObjectsDecision {
  const { namespace, serviceAccount, rootCaConfigMap, rootCa } = present;
  if (!namespace || namespace.metadata?.deletionTimestamp !== undefined) {
    return { createServiceAccount: false, writeRootCa: undefined };
  }
  const data = rootCaConfigMap?.data as Record<string, string> | undefined;
  const right = data?.['ca.crt'] === rootCa && Object.keys(data).length === 1;
  const writeRootCa = rootCaConfigMap === undefined ? 'create' : right ? undefined : 'update';
  return { createServiceAccount: serviceAccount === undefined, writeRootCa };
}
