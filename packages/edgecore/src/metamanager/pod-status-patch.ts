// The strategic-merge patch that brings a pod's status in the cloud to what the node reports. Pure.

import type { PodStatus } from '@selvedge/kubernetes';

/** Lists that a strategic merge would otherwise only add to, by address. */
const addressLists = ['podIPs', 'hostIPs'] as const;
/** Fields that the node owns and that must vanish in the cloud when the node reports none. */
const clearable = ['message', 'reason', 'podIP'] as const;

/**
 * Whether the cloud's pod has addresses already. An API server that merges strategically heeds the directive to replace a
 * list only where there is one, and takes it for an address where there is none.
 */
export type KnownAddresses = 'none' | 'some';

/**
 * `uid` makes the API server refuse the patch when another pod has taken the name. Conditions of others (PodScheduled by
 * the scheduler) stay: conditions merge by type.
 */
export function podStatusPatch(uid: string, status: PodStatus, known: KnownAddresses): string {
  const patch: Record<string, unknown> = { ...status };
  for (const field of clearable) patch[field] ??= null;
  if (status.conditions)
    patch.conditions = status.conditions.map((condition) => ({
      ...condition,
      reason: condition.reason ?? null,
      message: condition.message ?? null,
    }));
  for (const field of addressLists) {
    const list = patch[field];
    if (known === 'some' && Array.isArray(list) && list.length > 0)
      patch[field] = [...list, { $patch: 'replace' }];
  }
  return JSON.stringify({ metadata: { uid }, status: patch });
}
