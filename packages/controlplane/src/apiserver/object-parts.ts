// Which part of an object each of its endpoints writes: everything else stays as it was.

import { withoutUndefined } from '@selvedge/base';
import type { KubeObject } from '@selvedge/kubernetes';
import { metaOf } from './object-meta.ts';
import type { Resource } from './registry/resource.ts';

export interface PartialWrite {
  readonly object: KubeObject;
  readonly old: KubeObject;
  readonly subresource: string;
}

/** Takes over from the old object what a write by this endpoint does not reach. */
export function keepOtherParts(resource: Resource, { object, old, subresource }: PartialWrite): void {
  switch (subresource) {
    case '':
      if (resource.strategy.status) keep(object, old, 'status');
      return;
    case 'status':
      keepAllButStatus(resource, object, old);
      return;
    case 'ephemeralcontainers':
      keepAllButEphemeralContainers(object, old);
      return;
    case 'approval':
      keepAllButConditions(object, old);
      return;
    default:
      // The others change the old object themselves.
      return;
  }
}

function keep(object: KubeObject, old: KubeObject, field: string): void {
  if (old[field] === undefined) delete object[field];
  else object[field] = old[field];
}

function keepAllBut(object: KubeObject, old: KubeObject, changed: readonly string[]): void {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (!changed.includes(field)) keep(object, old, field);
  }
}

/** Of built-in kinds the metadata may change with the status, as in Kubernetes; of custom ones it stays. */
function keepAllButStatus(resource: Resource, object: KubeObject, old: KubeObject): void {
  keepAllBut(object, old, ['metadata', 'status']);
  if (resource.custom) {
    const { managedFields, resourceVersion } = metaOf(object);
    object.metadata = {
      ...metaOf(old),
      ...withoutUndefined({ managedFields, resourceVersion }),
    } as KubeObject['metadata'] & object;
  } else if (resource.group === '' && resource.resource === 'pods') {
    // Old kubelets send owners that they have mangled.
    const { ownerReferences } = metaOf(old);
    if (ownerReferences) metaOf(object).ownerReferences = ownerReferences;
    else delete metaOf(object).ownerReferences;
  }
}

/** Not even the metadata, whose managed fields Kubernetes leaves as they were, too: it is read for what names the object. */
function keepAllButEphemeralContainers(object: KubeObject, old: KubeObject): void {
  const { name, namespace, uid, resourceVersion } = metaOf(object);
  const { ephemeralContainers } = partOf(object.spec);
  keepAllBut(object, old, []);
  object.metadata = structuredClone({
    ...metaOf(old),
    ...withoutUndefined({ name, namespace, uid, resourceVersion }),
  }) as KubeObject['metadata'] & object;
  object.spec = { ...partOf(old.spec), ephemeralContainers } as KubeObject[string];
  if (ephemeralContainers === undefined) delete partOf(object.spec).ephemeralContainers;
}

/** Of a certificate request: whether it is approved. */
function keepAllButConditions(object: KubeObject, old: KubeObject): void {
  const { conditions } = partOf(object.status);
  keepAllBut(object, old, ['metadata']);
  object.status = { ...partOf(old.status), conditions } as KubeObject[string];
  if (conditions === undefined) delete partOf(object.status).conditions;
}

function partOf(part: unknown): Record<string, unknown> {
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : {};
}
