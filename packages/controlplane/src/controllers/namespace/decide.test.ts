import { describe, expect, test } from 'bun:test';
import { type ObjectMeta, resources } from '@selvedge/kubernetes';
import { decideConditions, decideNext, type Remaining } from './decide.ts';

const now = '2026-01-01T00:00:00Z';
const left = (...objects: ObjectMeta[]): Remaining[] => [{ type: resources.deployments, objects }];
const conditionsOf = (remaining: Remaining[], failures: string[] = []) =>
  Object.fromEntries((decideConditions({}, remaining, failures, now) ?? []).map((one) => [one.type, one]));

describe('what comes next', () => {
  test('the end, once everything was asked about and nothing is left', () => {
    expect(decideNext([], [])).toEqual({ kind: 'finalize' });
  });

  test('another look: soon while pods take their grace, later where something does not answer', () => {
    expect(decideNext(left({ name: 'a', deletionGracePeriodSeconds: 30 }), [])).toMatchObject({
      kind: 'wait',
      againMs: 500,
    });
    expect(decideNext([], ['metrics.k8s.io/v1: unreachable'])).toMatchObject({
      kind: 'wait',
      againMs: 5_000,
    });
  });
});

describe('conditions', () => {
  test('all is well', () => {
    expect(Object.values(conditionsOf([])).map(({ type, status, reason }) => [type, status, reason])).toEqual(
      [
        ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered'],
        ['NamespaceDeletionGroupVersionParsingFailure', 'False', 'ParsedGroupVersions'],
        ['NamespaceDeletionContentFailure', 'False', 'ContentDeleted'],
        ['NamespaceContentRemaining', 'False', 'ContentRemoved'],
        ['NamespaceFinalizersRemaining', 'False', 'ContentHasNoFinalizers'],
      ],
    );
  });

  test('what is left, and which finalizers hold it', () => {
    const remaining: Remaining[] = [
      ...left(
        { name: 'a', finalizers: ['example.com/x'] },
        { name: 'b', finalizers: ['example.com/x', 'example.com/y'] },
      ),
      { type: resources.configmaps, objects: [{ name: 'c' }] },
    ];
    const conditions = conditionsOf(remaining);
    expect(conditions.NamespaceContentRemaining).toMatchObject({
      status: 'True',
      reason: 'SomeResourcesRemain',
      message:
        'Some resources are remaining: configmaps. has 1 resource instances, deployments.apps has 2 resource instances',
    });
    expect(conditions.NamespaceFinalizersRemaining).toMatchObject({
      status: 'True',
      message:
        'Some content in the namespace has finalizers remaining: example.com/x in 2 resource instances, example.com/y in 1 resource instances',
    });
  });

  test('what could not be asked or deleted', () => {
    const conditions = conditionsOf(
      [{ type: resources.pods, objects: [], error: 'refused' }],
      ['a/v1: no answer'],
    );
    expect(conditions.NamespaceDeletionDiscoveryFailure).toMatchObject({
      status: 'True',
      reason: 'DiscoveryFailed',
    });
    expect(conditions.NamespaceDeletionContentFailure).toMatchObject({
      status: 'True',
      message: 'Failed to delete all resource types, 1 remaining: refused',
    });
  });

  test('written once; the time of a change is the time of the change', () => {
    const first = decideConditions({}, left({ name: 'a' }), [], now) ?? [];
    const namespace = { status: { conditions: first } };
    expect(decideConditions(namespace, left({ name: 'a' }), [], '2026-01-01T00:01:00Z')).toBeUndefined();
    const after =
      decideConditions(namespace, left({ name: 'a' }, { name: 'b' }), [], '2026-01-01T00:01:00Z') ?? [];
    expect(after.find((one) => one.type === 'NamespaceContentRemaining')?.lastTransitionTime).toBe(now);
    const empty = decideConditions(namespace, [], [], '2026-01-01T00:01:00Z') ?? [];
    expect(empty.find((one) => one.type === 'NamespaceContentRemaining')?.lastTransitionTime).toBe(
      '2026-01-01T00:01:00Z',
    );
  });
});
