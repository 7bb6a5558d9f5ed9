import { describe, expect, test } from 'bun:test';
import { type OwnerReference, resources } from '@selvedge/kubernetes';
import {
  decideCollection,
  foregroundFinalizer,
  isWaiting,
  type OwnerState,
  orphanFinalizer,
} from './decide.ts';
import type { ObjectRecord } from './object-record.ts';

const owner = (name: string, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name,
  uid: name,
  blockOwnerDeletion,
});

const object = (more: Partial<ObjectRecord> = {}): ObjectRecord => ({
  type: resources.pods,
  namespace: 'default',
  name: 'child',
  uid: 'child',
  resourceVersion: '1',
  owners: [],
  finalizers: [],
  deleting: false,
  ...more,
});

const withOwners = (...states: OwnerState[]) =>
  states.map((state, index) => ({ reference: owner(`owner ${index}`), state }));
const decide = (
  one: ObjectRecord,
  owners: ReturnType<typeof withOwners> = [],
  dependents: ObjectRecord[] = [],
) => decideCollection(one, { owners, dependents });

describe('an object whose owners change', () => {
  test('stays as long as one of them does, and forgets the others', () => {
    expect(decide(object())).toEqual({ kind: 'none' });
    expect(decide(object(), withOwners('present'))).toEqual({ kind: 'none' });
    expect(decide(object(), withOwners('absent', 'present', 'waiting'))).toEqual({
      kind: 'set-owners',
      owners: [owner('owner 1')],
    });
  });

  test('goes with the last of them', () => {
    expect(decide(object(), withOwners('absent'))).toEqual({
      kind: 'delete',
      propagationPolicy: 'Background',
    });
    expect(decide(object(), withOwners('absent', 'waiting'))).toMatchObject({ kind: 'delete' });
  });

  test('in the foreground where an owner waits for it and others wait for it in turn', () => {
    const grandchild = object({ owners: [owner('child')] });
    expect(decide(object(), withOwners('waiting'), [grandchild])).toEqual({
      kind: 'delete',
      propagationPolicy: 'Foreground',
    });
    const loose = object({ owners: [owner('child', false)] });
    expect(decide(object(), withOwners('waiting'), [loose])).toMatchObject({
      propagationPolicy: 'Background',
    });
  });

  test('as its own finalizers ask', () => {
    const asking = (finalizer: string) => decide(object({ finalizers: [finalizer] }), withOwners('absent'));
    expect(asking(orphanFinalizer)).toMatchObject({ propagationPolicy: 'Orphan' });
    expect(asking(foregroundFinalizer)).toMatchObject({ propagationPolicy: 'Foreground' });
  });
});

describe('an object that is being deleted', () => {
  const deleting = (finalizer: string) => object({ uid: 'parent', deleting: true, finalizers: [finalizer] });
  const child = (block = true) => object({ owners: [owner('parent', block)] });

  test('in the foreground: waits for the dependents that hold it', () => {
    const parent = deleting(foregroundFinalizer);
    expect(isWaiting(parent)).toBe(true);
    expect(decide(parent, [], [child(), child(false)])).toEqual({ kind: 'wait-for', dependents: [child()] });
    expect(decide(parent, [], [child(false)])).toEqual({
      kind: 'remove-finalizer',
      finalizer: foregroundFinalizer,
    });
  });

  test('orphaning: lets its dependents go first', () => {
    const parent = deleting(orphanFinalizer);
    expect(isWaiting(parent)).toBe(false);
    expect(decide(parent, [], [child()])).toEqual({ kind: 'release-dependents', dependents: [child()] });
    expect(decide(parent)).toEqual({ kind: 'remove-finalizer', finalizer: orphanFinalizer });
  });

  test('held by somebody else’s finalizer: nothing to do here', () => {
    expect(decide(deleting('example.com/other'), withOwners('absent'), [child()])).toEqual({ kind: 'none' });
  });
});
