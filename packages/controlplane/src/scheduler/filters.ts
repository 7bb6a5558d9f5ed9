// Whether one pod fits one node, and in Kubernetes' words why not. Pure; filters that need other pods are prepared once per pod.

import type { PodRecord } from '../controllers/machinery/pod-record.ts';
import type { HostPort } from '../controllers/machinery/pod-shape.ts';
import { tolerates, untolerated } from '../controllers/machinery/taints.ts';
import type { ClusterState } from './cluster-state.ts';
import type { Filter, Misfit } from './filter.ts';
import { matchesNodeSelection } from './node-affinity.ts';
import type { NodeInfo } from './node-info.ts';
import { preparePodAffinity } from './pod-affinity.ts';
import { prepareTopologySpread } from './topology-spread.ts';

const misfit = (reason: string, resolvable = false): Misfit => ({ reasons: [reason], resolvable });
const unschedulableNode = misfit('node(s) were unschedulable');
const wrongNode = misfit("node(s) didn't match Pod's node affinity/selector");
const noFreePorts = misfit("node(s) didn't have free ports for the requested pod ports", true);
const unschedulableTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const hardEffects = ['NoSchedule', 'NoExecute'];

/** All filters for one pod as one function, in the order in which Kubernetes asks them. */
export function prepareFilter(pod: PodRecord, state: ClusterState): Filter {
  const { shape } = pod;
  const ignoresCordon = tolerates(shape.tolerations, unschedulableTaint);
  const demands = Object.entries(shape.requests).filter(([, amount]) => amount > 0);
  const spread = prepareTopologySpread(pod, state);
  const affinity = preparePodAffinity(pod, state);
  const selective = shape.nodeSelector !== undefined || shape.affinity?.nodeAffinity !== undefined;
  return (node) => {
    if (node.unschedulable && !ignoresCordon) return unschedulableNode;
    if (node.taints.length > 0) {
      const taint = untolerated(node.taints, shape.tolerations, hardEffects);
      if (taint) return misfit(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
    }
    if (selective && !matchesNodeSelection(shape, node)) return wrongNode;
    if (node.hostPorts && shape.hostPorts.some((port) => conflicts(port, node.hostPorts ?? [])))
      return noFreePorts;
    return lacking(node, demands) ?? spread?.(node) ?? affinity?.(node);
  };
}

function lacking(node: NodeInfo, demands: readonly (readonly [string, number])[]): Misfit | undefined {
  let reasons: string[] | undefined;
  let resolvable = true;
  for (const [resource, amount] of demands) {
    const allocatable = node.allocatable[resource] ?? 0;
    if (amount <= allocatable - (node.requested[resource] ?? 0)) continue;
    reasons ??= [];
    reasons.push(resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`);
    if (amount > allocatable) resolvable = false;
  }
  return reasons && { reasons, resolvable };
}

function conflicts(wanted: HostPort, taken: readonly HostPort[]): boolean {
  return taken.some(
    (one) =>
      one.port === wanted.port &&
      one.protocol === wanted.protocol &&
      (one.ip === wanted.ip || one.ip === '0.0.0.0' || wanted.ip === '0.0.0.0'),
  );
}
