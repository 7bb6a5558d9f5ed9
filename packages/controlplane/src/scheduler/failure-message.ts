// What `kubectl describe` says of a pod that no node takes, in Kubernetes' words. Pure.

export interface FailureTally {
  readonly nodes: number;
  readonly reasons: Map<string, number>;
  /** What keeps the pod from every node alike: told once, without a count. */
  readonly podReason?: string;
  /** Nodes where evicting other pods would not help, and those where it might but none may be evicted. */
  helpless: number;
  noVictims: number;
}

export function failureMessage(tally: FailureTally): string {
  const preemption = new Map<string, number>();
  if (tally.helpless > 0) preemption.set('Preemption is not helpful for scheduling', tally.helpless);
  if (tally.noVictims > 0) preemption.set('No preemption victims found for incoming pod', tally.noVictims);
  const reasons =
    tally.podReason === undefined
      ? summary(tally.nodes, tally.reasons)
      : `0/${tally.nodes} nodes are available: ${tally.podReason}.`;
  return `${reasons} preemption: ${summary(tally.nodes, preemption)}`;
}

function summary(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
