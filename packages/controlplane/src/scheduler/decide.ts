// Where one pod goes: the pure core of the scheduler.

import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import type { ClusterState } from './cluster-state.ts';
import { type FailureTally, failureMessage } from './failure-message.ts';
import { prepareFilter } from './filters.ts';
import { namedNodes } from './node-affinity.ts';
import type { NodeInfo } from './node-info.ts';
import { scoreNodes } from './scores.ts';
import { unmetClaim } from './volume-claims.ts';

export type Placement =
  | { readonly kind: 'node'; readonly nodeName: string; readonly examined: number }
  | { readonly kind: 'none'; readonly message: string; readonly examined: number };

export interface PlacementOptions {
  /** Once so many nodes fit, no more are looked at: the work for a pod must not grow with the cluster. */
  readonly maxFeasibleNodes: number;
  /** Where in the list of nodes to begin; the caller moves on by `examined`, so that all nodes get their turn. */
  readonly start: number;
  readonly random: () => number;
}

export const defaultMaxFeasibleNodes = 100;

export function placePod(pod: PodRecord, state: ClusterState, options: PlacementOptions): Placement {
  const { candidates, start } = candidatesFor(pod, state, options.start);
  if (state.nodes.length === 0) {
    return { kind: 'none', message: 'no nodes available to schedule pods', examined: 0 };
  }
  const unmet = unmetClaim(pod, state);
  if (unmet) {
    const { length } = state.nodes;
    const message = failureMessage({
      nodes: length,
      reasons: new Map(),
      podReason: unmet,
      helpless: length,
      noVictims: 0,
    });
    return { kind: 'none', message, examined: 0 };
  }
  const filter = prepareFilter(pod, state);
  const fitting: NodeInfo[] = [];
  const tally: FailureTally = { nodes: state.nodes.length, reasons: new Map(), helpless: 0, noVictims: 0 };
  let examined = 0;
  for (; examined < candidates.length && fitting.length < options.maxFeasibleNodes; examined++) {
    const node = candidates[(start + examined) % candidates.length];
    if (!node) continue;
    const misfit = filter(node);
    if (!misfit) {
      fitting.push(node);
      continue;
    }
    for (const reason of misfit.reasons) tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + 1);
    if (misfit.resolvable) tally.noVictims++;
    else tally.helpless++;
  }
  const best = pickBest(pod, fitting, state, options.random);
  if (best) return { kind: 'node', nodeName: best.name, examined };
  countUnexamined(tally, candidates.length);
  return { kind: 'none', message: failureMessage(tally), examined };
}

/** A pod that names its node is looked at there alone. */
function candidatesFor(
  pod: PodRecord,
  state: ClusterState,
  start: number,
): { candidates: readonly NodeInfo[]; start: number } {
  const names = namedNodes(pod.shape);
  if (!names) return { candidates: state.nodes, start };
  return { candidates: names.flatMap((name) => state.node(name) ?? []), start: 0 };
}

/** Nodes that were not even looked at because the pod names others. */
function countUnexamined(tally: FailureTally, examined: number): void {
  const left = tally.nodes - examined;
  if (left <= 0) return;
  const reason = "node(s) didn't satisfy plugin(s) [NodeAffinity]";
  tally.reasons.set(reason, (tally.reasons.get(reason) ?? 0) + left);
  tally.helpless += left;
}

function pickBest(
  pod: PodRecord,
  fitting: readonly NodeInfo[],
  state: ClusterState,
  random: () => number,
): NodeInfo | undefined {
  if (fitting.length <= 1) return fitting[0];
  const scores = scoreNodes(pod, fitting, state);
  const highest = Math.max(...scores);
  const best = fitting.filter((_node, index) => scores[index] === highest);
  return best[Math.floor(random() * best.length)];
}
