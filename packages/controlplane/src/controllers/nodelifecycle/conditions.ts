// When a node has been silent for too long, and what its conditions say then. Pure.

import type { Node, NodeCondition, Stored } from '@selvedge/kubernetes';
import { timestamp } from '../machinery/event-recorder.ts';
import { timeOf } from '../machinery/pod-record.ts';

/** A node that has not been heard of for so long is not known to be ready. */
export const gracePeriodMs = 40_000;
/** A new node gets so long to say something at all. */
export const startupGraceMs = 60_000;

/** When and with what a node was last heard of. */
export interface Heartbeat {
  readonly leaseRenewTime: string;
  readonly statusTime: string;
  readonly heardMs: number;
}

const followed = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyCondition(node: Node): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === 'Ready');
}

/** The heartbeat after another look: it advances whenever lease or status carry a new time, whatever clock that was. */
export function observe(
  node: Stored<Node>,
  leaseRenewTime: string,
  last: Heartbeat | undefined,
  nowMs: number,
): Heartbeat {
  const statusTime = readyCondition(node)?.lastHeartbeatTime ?? '';
  if (last?.leaseRenewTime === leaseRenewTime && last.statusTime === statusTime) return last;
  const neverHeard = last === undefined && leaseRenewTime === '' && statusTime === '';
  const heardMs = neverHeard ? timeOf(node.metadata.creationTimestamp) || nowMs : nowMs;
  return { leaseRenewTime, statusTime, heardMs };
}

/** Milliseconds until the node counts as silent; 0 or less: it does now. */
export function silenceDueMs(heartbeat: Heartbeat, nowMs: number): number {
  const everHeard = heartbeat.leaseRenewTime !== '' || heartbeat.statusTime !== '';
  return heartbeat.heardMs + (everHeard ? gracePeriodMs : startupGraceMs) - nowMs;
}

/** The conditions of a silent node that must change, as a patch takes them; empty where all say Unknown already. */
export function silentConditions(node: Stored<Node>, nowMs: number): NodeCondition[] {
  const now = timestamp(nowMs);
  return followed.flatMap((type): NodeCondition[] => {
    const present = node.status?.conditions?.find((condition) => condition.type === type);
    if (!present) {
      const message = 'Kubelet never posted node status.';
      return [
        {
          type,
          status: 'Unknown',
          reason: 'NodeStatusNeverUpdated',
          message,
          lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
          lastTransitionTime: now,
        },
      ];
    }
    if (present.status === 'Unknown') return [];
    const message = 'Kubelet stopped posting node status.';
    return [{ ...present, status: 'Unknown', reason: 'NodeStatusUnknown', message, lastTransitionTime: now }];
  });
}
