// What is left in a namespace that is being deleted, and what to say and do about it. Pure.

import type { Namespace, ObjectMeta, ResourceType } from '@selvedge/kubernetes';

export interface Remaining {
  readonly type: ResourceType;
  readonly objects: readonly ObjectMeta[];
  readonly error?: string;
}

export type NextStep = { readonly kind: 'finalize' } | { readonly kind: 'wait'; readonly againMs: number };

const shortWaitMs = 500;
const longWaitMs = 5_000;

/** A namespace goes when nothing is left and everything could be asked about. */
export function decideNext(remaining: readonly Remaining[], failures: readonly string[]): NextStep {
  if (remaining.length === 0 && failures.length === 0) return { kind: 'finalize' };
  const waitsForGrace = remaining.some((one) =>
    one.objects.some((object) => (object.deletionGracePeriodSeconds ?? 0) > 0),
  );
  return { kind: 'wait', againMs: waitsForGrace || failures.length === 0 ? shortWaitMs : longWaitMs };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** The namespace's conditions, or undefined where they are as they should be. */
export function decideConditions(
  namespace: Namespace,
  remaining: readonly Remaining[],
  failures: readonly string[],
  now: string,
): Condition[] | undefined {
  const present = (namespace.status?.conditions ?? []) as Condition[];
  const wanted = [
    discoveryCondition(failures),
    parsedCondition,
    contentFailureCondition(remaining),
    contentCondition(remaining),
    finalizersCondition(remaining),
  ];
  const next = wanted.map((condition): Condition => {
    const known = present.find((one) => one.type === condition.type);
    const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : now;
    return { ...condition, lastTransitionTime };
  });
  const key = ({ type, status, reason, message }: Omit<Condition, 'lastTransitionTime'>) =>
    [type, status, reason, message].join();
  const same =
    next.length === present.length && next.every((one, index) => key(one) === key(present[index] ?? one));
  return same ? undefined : next;
}

type Wanted = Omit<Condition, 'lastTransitionTime'>;

/** Said by Kubernetes of group names that cannot be read; here discovery's own failures say it all. */
const parsedCondition: Wanted = {
  type: 'NamespaceDeletionGroupVersionParsingFailure',
  status: 'False',
  reason: 'ParsedGroupVersions',
  message: 'All legacy kube types successfully parsed',
};

function discoveryCondition(failures: readonly string[]): Wanted {
  const type = 'NamespaceDeletionDiscoveryFailure';
  if (failures.length === 0) {
    return {
      type,
      status: 'False',
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    };
  }
  const message = `Discovery failed for some groups, ${failures.length} failing: ${failures.join(', ')}`;
  return { type, status: 'True', reason: 'DiscoveryFailed', message };
}

function contentFailureCondition(remaining: readonly Remaining[]): Wanted {
  const type = 'NamespaceDeletionContentFailure';
  const errors = remaining.flatMap((one) => one.error ?? []);
  if (errors.length === 0) {
    const message = 'All content successfully deleted, may be waiting on finalization';
    return { type, status: 'False', reason: 'ContentDeleted', message };
  }
  const message = `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`;
  return { type, status: 'True', reason: 'ContentDeletionFailed', message };
}

function contentCondition(remaining: readonly Remaining[]): Wanted {
  const type = 'NamespaceContentRemaining';
  const kinds = remaining.filter((one) => one.objects.length > 0);
  if (kinds.length === 0) {
    return { type, status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' };
  }
  const list = kinds.map(
    (one) => `${one.type.resource}.${one.type.group} has ${one.objects.length} resource instances`,
  );
  const message = `Some resources are remaining: ${list.sort().join(', ')}`;
  return { type, status: 'True', reason: 'SomeResourcesRemain', message };
}

function finalizersCondition(remaining: readonly Remaining[]): Wanted {
  const type = 'NamespaceFinalizersRemaining';
  const counts = new Map<string, number>();
  for (const finalizer of remaining.flatMap((one) =>
    one.objects.flatMap((object) => object.finalizers ?? []),
  )) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  if (counts.size === 0) {
    const message = 'All content-preserving finalizers finished';
    return { type, status: 'False', reason: 'ContentHasNoFinalizers', message };
  }
  const list = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`);
  const message = `Some content in the namespace has finalizers remaining: ${list.sort().join(', ')}`;
  return { type, status: 'True', reason: 'SomeFinalizersRemain', message };
}
