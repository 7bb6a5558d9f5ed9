// The Node object that this node reports: capacity, conditions, addresses, what it runs. Pure.

import type { Node, NodeCondition, Taint } from '@selvedge/kubernetes';
import type { Image, RuntimeCondition } from '../cri/cri.gen.ts';
import { kubernetesTime } from '../pods/pod-spec.ts';
import type { Machine } from './machine.ts';

export interface NodeStatusInput {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly machine: Machine;
  readonly maxPods: number;
  readonly podSubnet: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly string[];
  readonly runtime: { readonly name: string; readonly version: string };
  readonly conditions: readonly RuntimeCondition[];
  /** Why the runtime can not be reached. */
  readonly runtimeFailure: string | undefined;
  readonly images: readonly Image[];
  readonly memoryAvailableBytes: number;
  readonly diskAvailableBytes: number;
  readonly previous: readonly NodeCondition[];
  readonly nowMs: number;
}

export const kubeletVersion = 'v1.32.0-selvedge.0.1.0';
const maxImages = 50;
const lowMemoryBytes = 100 << 20;
/** Part of the disk that must stay free. */
const lowDiskShare = 0.1;

export function nodeObject(input: NodeStatusInput): Node {
  const { machine, nodeName } = input;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels: { ...nodeLabels(nodeName, machine.architecture), ...input.labels } },
    spec: {
      ...(input.podSubnet && { podCIDR: input.podSubnet, podCIDRs: [input.podSubnet] }),
      ...(input.taints.length > 0 && { taints: input.taints.map(parseTaint) }),
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: input.nodeIp },
        { type: 'Hostname', address: nodeName },
      ],
      capacity: amounts(machine.cpuCount, machine.memoryBytes, machine.diskBytes, input.maxPods),
      allocatable: amounts(
        machine.cpuCount,
        machine.allocatable.memoryBytes,
        machine.allocatable.ephemeralStorageBytes,
        input.maxPods,
      ),
      conditions: conditions(input),
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
      nodeInfo: {
        machineID: machine.machineId,
        systemUUID: machine.systemUuid,
        bootID: machine.bootId,
        kernelVersion: machine.kernelVersion,
        osImage: machine.osImage,
        containerRuntimeVersion: `${input.runtime.name}://${input.runtime.version}`,
        kubeletVersion,
        kubeProxyVersion: kubeletVersion,
        operatingSystem: 'linux',
        architecture: machine.architecture,
      },
      images: imageList(input.images),
    },
  };
}

function nodeLabels(nodeName: string, architecture: string): Record<string, string> {
  return {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': nodeName,
    'kubernetes.io/os': 'linux',
    'node-role.kubernetes.io/agent': '',
    'node-role.kubernetes.io/edge': '',
  };
}

function amounts(cpus: number, memory: number, disk: number, pods: number): Record<string, string> {
  return {
    cpu: String(cpus),
    memory: `${Math.floor(memory / 1_024)}Ki`,
    'ephemeral-storage': `${Math.floor(disk / 1_024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: String(pods),
  };
}

/** `KEY=VALUE:EFFECT`, the value optional. */
function parseTaint(text: string): Taint {
  const colon = text.lastIndexOf(':');
  const [key = '', value] = text.slice(0, colon).split('=');
  return { key, ...(value && { value }), effect: text.slice(colon + 1) as Taint['effect'] };
}

function conditions(input: NodeStatusInput): NodeCondition[] {
  const { machine } = input;
  const lowMemory = input.memoryAvailableBytes < lowMemoryBytes;
  const lowDisk = input.diskAvailableBytes < machine.diskBytes * lowDiskShare;
  const ready = readyVerdict(input);
  return [
    lowMemory
      ? condition(
          input,
          'MemoryPressure',
          'True',
          'KubeletHasInsufficientMemory',
          'kubelet has insufficient memory available',
        )
      : condition(
          input,
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
    lowDisk
      ? condition(input, 'DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : condition(input, 'DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition(
      input,
      'PIDPressure',
      'False',
      'KubeletHasSufficientPID',
      'kubelet has sufficient PID available',
    ),
    ready === undefined
      ? condition(input, 'Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition(input, 'Ready', 'False', 'KubeletNotReady', ready),
  ];
}

/** Why the node is not ready. */
function readyVerdict({ runtimeFailure, conditions: list }: NodeStatusInput): string | undefined {
  if (runtimeFailure !== undefined) return `container runtime is down: ${runtimeFailure}`;
  const failed = list.filter(({ status }) => !status);
  if (failed.length === 0) return undefined;
  return failed
    .map(({ type, reason = '', message = '' }) => {
      const title =
        type === 'NetworkReady' ? 'container runtime network not ready' : 'container runtime not ready';
      return `${title}: ${type}=false reason:${reason} message:${message}`;
    })
    .join(', ');
}

function condition(
  { previous, nowMs }: NodeStatusInput,
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): NodeCondition {
  const before = previous.find((item) => item.type === type);
  const now = kubernetesTime(nowMs);
  const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
  return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
}

function imageList(images: readonly Image[]) {
  return [...images]
    .sort((a, b) => (b.size ?? 0) - (a.size ?? 0))
    .slice(0, maxImages)
    .map(({ repoDigests = [], repoTags = [], size = 0 }) => ({
      names: [...repoDigests, ...repoTags],
      sizeBytes: size,
    }));
}
