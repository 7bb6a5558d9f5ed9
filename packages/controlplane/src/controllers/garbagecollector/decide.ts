// What garbage collection does about one object, given the state of its owners and dependents. Pure.

import type { OwnerReference } from '@selvedge/kubernetes';
import type { ObjectRecord } from './object-record.ts';

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

/** present: there, and keeps its dependents; waiting: being deleted after its dependents; absent: known to be gone. */
export type OwnerState = 'present' | 'waiting' | 'absent';

export interface Surroundings {
  readonly owners: ReadonlyArray<{ readonly reference: OwnerReference; readonly state: OwnerState }>;
  readonly dependents: readonly ObjectRecord[];
}

export type CollectorAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'delete'; readonly propagationPolicy: 'Foreground' | 'Background' | 'Orphan' }
  /** Owners that are gone or going are struck from an object that another owner keeps. */
  | { readonly kind: 'set-owners'; readonly owners: readonly OwnerReference[] }
  | { readonly kind: 'remove-finalizer'; readonly finalizer: string }
  | { readonly kind: 'release-dependents'; readonly dependents: readonly ObjectRecord[] }
  /** Look at these dependents first: the object may go when they are gone. */
  | { readonly kind: 'wait-for'; readonly dependents: readonly ObjectRecord[] };

const nothing: CollectorAction = { kind: 'none' };

export function decideCollection(
  object: ObjectRecord,
  { owners, dependents }: Surroundings,
): CollectorAction {
  if (object.deleting) return decideEnding(object, dependents);
  if (owners.length === 0) return nothing;
  const keeping = owners.filter((one) => one.state === 'present');
  if (keeping.length === owners.length) return nothing;
  if (keeping.length > 0) return { kind: 'set-owners', owners: keeping.map((one) => one.reference) };
  const waitedFor = owners.some((one) => one.state === 'waiting');
  // An owner that waits for this object waits for its dependents too, where they hold it back.
  if (waitedFor && dependents.some((one) => blocks(one, object))) {
    return { kind: 'delete', propagationPolicy: 'Foreground' };
  }
  if (object.finalizers.includes(orphanFinalizer)) return { kind: 'delete', propagationPolicy: 'Orphan' };
  if (object.finalizers.includes(foregroundFinalizer))
    return { kind: 'delete', propagationPolicy: 'Foreground' };
  return { kind: 'delete', propagationPolicy: 'Background' };
}

function decideEnding(object: ObjectRecord, dependents: readonly ObjectRecord[]): CollectorAction {
  if (object.finalizers.includes(orphanFinalizer)) {
    if (dependents.length > 0) return { kind: 'release-dependents', dependents };
    return { kind: 'remove-finalizer', finalizer: orphanFinalizer };
  }
  if (!object.finalizers.includes(foregroundFinalizer)) return nothing;
  const blocking = dependents.filter((one) => blocks(one, object));
  if (blocking.length > 0) return { kind: 'wait-for', dependents: blocking };
  return { kind: 'remove-finalizer', finalizer: foregroundFinalizer };
}

function blocks(dependent: ObjectRecord, owner: ObjectRecord): boolean {
  return dependent.owners.some((one) => one.uid === owner.uid && one.blockOwnerDeletion === true);
}

export function isWaiting(object: ObjectRecord): boolean {
  return object.deleting && object.finalizers.includes(foregroundFinalizer);
}
