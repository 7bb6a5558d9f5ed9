// Who set which field: metadata.managedFields after a plain create, update or patch.

import { apiVersionOf, type KubeObject } from '@selvedge/kubernetes';
import { type FieldManagerContext, trackUpdate } from '@selvedge/kubernetes/apply';
import { timestamp } from './object-meta.ts';
import type { Resource } from './registry/resource.ts';
import type { ResourceSchemas } from './registry/resource-schemas.ts';

export interface FieldManagerOf {
  readonly schemas: ResourceSchemas;
  readonly resource: Resource;
  readonly fieldManager: string;
  readonly subresource: string;
  readonly nowMs: number;
}

/** Undefined for kinds without a schema: nobody keeps account of those. */
export function fieldManagerContext(options: FieldManagerOf): FieldManagerContext | undefined {
  const { schemas, resource, fieldManager, subresource, nowMs } = options;
  const schema = schemas.schemaOf(resource);
  if (!schema) return undefined;
  return {
    schema,
    apiVersion: apiVersionOf(resource),
    manager: fieldManager,
    subresource,
    time: timestamp(nowMs),
    resetFields: subresource === 'status' ? ['spec'] : resource.strategy.status ? ['status'] : [],
  };
}

/** Runs after defaults and before admission, whose own changes nobody owns. */
export function trackWrite(options: FieldManagerOf, old: KubeObject | undefined, object: KubeObject): void {
  const context = fieldManagerContext(options);
  if (context) trackUpdate(context, old, object);
}
