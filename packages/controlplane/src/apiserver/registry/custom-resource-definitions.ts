// CustomResourceDefinitions: they start with their stored version, and stay until the objects of their kind are gone.

import type { KubeObject } from '@selvedge/kubernetes';
import { timestamp } from '../object-meta.ts';
import type { Strategy } from './strategy.ts';

/** Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go, CustomResourceCleanupFinalizer. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

interface Definition extends KubeObject {
  readonly spec?: {
    readonly versions?: ReadonlyArray<{
      readonly name: string;
      readonly storage?: boolean;
      readonly schema?: object;
    }>;
  };
}

export const customResourceDefinitionStrategy: Strategy = {
  generation: true,
  status: true,
  deletionFinalizer: cleanupFinalizer,
  markDeleted: (object, nowMs) => {
    const status = (object.status ?? {}) as { conditions?: object[] | null };
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: timestamp(nowMs),
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    };
    object.status = { ...status, conditions: [...(status.conditions ?? []), terminating] };
  },
  prepareForCreate: (object, { warn }) => {
    warnOfRules(object, warn);
    const stored = (object as Definition).spec?.versions?.filter((version) => version.storage) ?? [];
    object.status = { ...(object.status as object), storedVersions: stored.map(({ name }) => name) };
  },
  prepareForUpdate: (object, _old, { subresource, warn }) => {
    if (subresource === '') warnOfRules(object, warn);
  },
};

/** Better than to leave it to the first object that a rule should have refused. */
function warnOfRules(object: KubeObject, warn: (text: string) => void): void {
  for (const { name, schema } of (object as Definition).spec?.versions ?? []) {
    if (!hasRules(schema)) continue;
    const why = 'rules in CEL are not evaluated: objects that they would refuse are stored';
    warn(`version ${name}: x-kubernetes-validations: ${why}`);
  }
}

function hasRules(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const rules = (value as { 'x-kubernetes-validations'?: unknown })['x-kubernetes-validations'];
  return (Array.isArray(rules) && rules.length > 0) || Object.values(value).some(hasRules);
}
