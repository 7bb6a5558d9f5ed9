// The taints that follow from a node's conditions. Pure.

import type { Node, Taint } from '@selvedge/kubernetes';
import { readyCondition } from './conditions.ts';

export const notReadyTaint = 'node.kubernetes.io/not-ready';
export const unreachableTaint = 'node.kubernetes.io/unreachable';
const unschedulableTaint = 'node.kubernetes.io/unschedulable';

const pressureTaints: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const scheduleKeys = [notReadyTaint, unreachableTaint, unschedulableTaint, ...Object.values(pressureTaints)];
const executeKeys = [notReadyTaint, unreachableTaint];

/** The node's taints as they should be, or undefined where they are. Taints of others stay in their places. */
export function decideTaints(node: Node, now: string): Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const ready = readyCondition(node)?.status;
  const liveness = ready === 'False' ? notReadyTaint : ready === 'Unknown' ? unreachableTaint : undefined;
  const noSchedule = new Set<string>(liveness ? [liveness] : []);
  if (node.spec?.unschedulable) noSchedule.add(unschedulableTaint);
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = pressureTaints[type];
    if (key !== undefined && status === 'True') noSchedule.add(key);
  }
  // A node that has said nothing yet keeps the taint that it came with.
  if (ready === undefined) noSchedule.add(notReadyTaint);
  const noExecute = new Set<string>(liveness ? [liveness] : []);
  const kept = present.filter((taint) => {
    if (taint.effect === 'NoSchedule' && scheduleKeys.includes(taint.key)) return noSchedule.has(taint.key);
    if (taint.effect === 'NoExecute' && executeKeys.includes(taint.key)) return noExecute.has(taint.key);
    return true;
  });
  const has = (key: string, effect: string) => kept.some((one) => one.key === key && one.effect === effect);
  const added: Taint[] = [
    ...[...noSchedule]
      .filter((key) => !has(key, 'NoSchedule'))
      .map((key) => ({ key, effect: 'NoSchedule', timeAdded: now })),
    ...[...noExecute]
      .filter((key) => !has(key, 'NoExecute'))
      .map((key) => ({ key, effect: 'NoExecute', timeAdded: now })),
  ];
  return added.length > 0 || kept.length < present.length ? [...kept, ...added] : undefined;
}
