// On which nodes a daemon set's pods belong. Pure.

import type { DaemonSet, Node, PodSpec, PodTemplateSpec, Stored, Toleration } from '@selvedge/kubernetes';
import { matchesNodeSelection, namedNodes } from '../../scheduler/node-affinity.ts';
import type { PodRecord } from '../machinery/pod-record.ts';
import { untolerated } from '../machinery/taints.ts';

/** A daemon's pod stays through the troubles of its node, and comes to nodes that take no ordinary pods. */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const hostNetworkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
};

export interface NodeFit {
  /** A pod is wanted here. */
  readonly run: boolean;
  /** A pod that is here may stay. */
  readonly stay: boolean;
}

export function fitOf(daemonSet: DaemonSet, node: Stored<Node>): NodeFit {
  const spec = daemonSet.spec?.template.spec;
  const { name, labels = {} } = node.metadata;
  const named = !spec?.nodeName || spec.nodeName === name;
  if (
    !named ||
    !matchesNodeSelection({ nodeSelector: spec?.nodeSelector, affinity: spec?.affinity }, { name, labels })
  ) {
    return { run: false, stay: false };
  }
  const tolerations = tolerationsOf(daemonSet.spec?.template);
  const taints = node.spec?.taints ?? [];
  const stay = untolerated(taints, tolerations, ['NoExecute']) === undefined;
  return { run: stay && untolerated(taints, tolerations, ['NoSchedule']) === undefined, stay };
}

function tolerationsOf(template: PodTemplateSpec | undefined): Toleration[] {
  const own = template?.spec?.tolerations ?? [];
  const added = template?.spec?.hostNetwork
    ? [...daemonTolerations, hostNetworkToleration]
    : daemonTolerations;
  const isThere = (one: Toleration) =>
    own.some((other) => other.key === one.key && other.effect === one.effect);
  return [...own, ...added.filter((one) => !isThere(one))];
}

/** The template for the pod of one node: bound there by affinity, so that the scheduler checks its resources. */
export function templateFor(daemonSet: Stored<DaemonSet>, nodeName: string, hash: string): PodTemplateSpec {
  const template = daemonSet.spec?.template ?? {};
  const { affinity } = template.spec ?? {};
  const nodeAffinity = {
    ...affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }],
    },
  };
  const generation = daemonSet.metadata.annotations?.[generationAnnotation];
  const labels = {
    ...template.metadata?.labels,
    [revisionLabel]: hash,
    ...(generation === undefined ? {} : { [generationLabel]: generation }),
  };
  const pinned: PodSpec['affinity'] = { ...affinity, nodeAffinity };
  return {
    metadata: { ...template.metadata, labels },
    spec: { containers: [], ...template.spec, affinity: pinned, tolerations: tolerationsOf(template) },
  };
}

export const revisionLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';

/** The node that a daemon's pod is on or meant for. */
export function nodeOf(pod: PodRecord): string | undefined {
  return pod.nodeName || namedNodes(pod.shape)?.[0];
}
