// What `kubectl describe` says of a pod that no node takes, in Kubernetes' words. Pure.

export interface FailureTally {
  readonly nodes: number;
  readonly reasons: Map<string, number>;
  /** Nodes where evicting other pods would not help, and those where it might but none may be evicted. */
  helpless: number;
  noVictims: number;
}

export function failureMessage(tally: FailureTally): string {
  const preemption = new Map<string, number>();
  if (tally.helpless > 0) preemption.set('Preemption is not helpful for scheduling', tally.helpless);
  if (tally.noVictims > 0) preemption.set('No preemption victims found for incoming pod', tally.noVictims);
  return `${summary(tally.nodes, tally.reasons)} preemption: ${summary(tally.nodes, preemption)}`;
}

function summary(nodes: number, reasons: ReadonlyMap<string, number>): string {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
