// Objects for unit tests of decisions: short to write, whole enough to decide on.

import type {
  Deployment,
  Node,
  OwnerReference,
  Pod,
  PodSpec,
  ReplicaSet,
  Stored,
  Taint,
} from '@selvedge/kubernetes';
import { timestamp } from '../machinery/event-recorder.ts';
import { type PodRecord, podRecorder } from '../machinery/pod-record.ts';

/** The time at which tests take place. */
export const testNowMs = Date.parse('2026-01-01T00:00:00Z');

/** So many seconds before that time, as Kubernetes writes it. */
export const secondsAgo = (seconds: number): string => timestamp(testNowMs - seconds * 1_000);

export interface PodTraits {
  readonly namespace?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly owners?: OwnerReference[];
  readonly nodeName?: string;
  readonly phase?: string;
  readonly createdSecondsAgo?: number;
  readonly readySeconds?: number;
  readonly deleted?: boolean;
  readonly restarts?: number;
  readonly address?: string;
  readonly requests?: Record<string, string>;
  readonly spec?: Partial<PodSpec>;
}

/** Makes pods as informers keep them, equal parts shared between all that one maker has made. */
export function podMaker(): (name: string, traits?: PodTraits) => PodRecord {
  const record = podRecorder();
  return (name, traits = {}) => record(podObject(name, traits));
}

function podObject(name: string, traits: PodTraits): Stored<Pod> {
  const { labels, annotations, owners, nodeName, requests, deleted, address, readySeconds } = traits;
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: secondsAgo(readySeconds ?? 0) };
  return {
    metadata: {
      namespace: traits.namespace ?? 'default',
      name,
      uid: `uid of ${name}`,
      resourceVersion: '1',
      creationTimestamp: secondsAgo(traits.createdSecondsAgo ?? 60),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(owners ? { ownerReferences: owners } : {}),
      ...(deleted ? { deletionTimestamp: secondsAgo(1) } : {}),
    },
    spec: {
      containers: [{ name: 'main', ...(requests ? { resources: { requests } } : {}) }],
      ...(nodeName ? { nodeName } : {}),
      ...traits.spec,
    },
    status: {
      phase: traits.phase ?? (nodeName ? 'Running' : 'Pending'),
      conditions: readySeconds === undefined ? [] : [ready],
      containerStatuses: [
        { name: 'main', image: '', imageID: '', ready: true, restartCount: traits.restarts ?? 0 },
      ],
      ...(address ? { podIP: address } : {}),
    },
  };
}

export interface NodeTraits {
  readonly labels?: Record<string, string>;
  readonly taints?: Taint[];
  readonly unschedulable?: boolean;
  readonly allocatable?: Record<string, string>;
  /** Status of its Ready condition; none where it never said anything. */
  readonly ready?: string;
}

export function testNode(name: string, traits: NodeTraits = {}): Stored<Node> {
  const { labels, taints, unschedulable, allocatable, ready = 'True' } = traits;
  const heartbeat = { lastHeartbeatTime: secondsAgo(5), lastTransitionTime: secondsAgo(600) };
  return {
    metadata: {
      name,
      uid: `uid of ${name}`,
      resourceVersion: '1',
      creationTimestamp: secondsAgo(600),
      labels: { 'kubernetes.io/hostname': name, ...labels },
    },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable },
      ...(ready === '' ? {} : { conditions: [{ type: 'Ready', status: ready, ...heartbeat }] }),
    },
  };
}

export function testDeployment(
  spec: Partial<NonNullable<Deployment['spec']>> = {},
  rest: Partial<Pick<Stored<Deployment>, 'status'>> & { annotations?: Record<string, string> } = {},
): Stored<Deployment> {
  const { annotations, ...others } = rest;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'default',
      uid: 'uid of web',
      resourceVersion: '1',
      generation: 1,
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: 'web' } },
      template: testTemplate('image:1'),
      ...spec,
    },
    ...others,
  };
}

export function testTemplate(image: string) {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } };
}

export interface ReplicaSetTraits {
  readonly image?: string;
  readonly replicas?: number;
  readonly available?: number;
  /** Pods there are; as many as wanted by default. */
  readonly present?: number;
  readonly annotations?: Record<string, string>;
  readonly createdSecondsAgo?: number;
}

export function testReplicaSet(name: string, traits: ReplicaSetTraits = {}): Stored<ReplicaSet> {
  const { image = 'image:1', replicas = 0, annotations = {} } = traits;
  const available = traits.available ?? replicas;
  const labels = { app: 'web', 'pod-template-hash': name };
  const template = testTemplate(image);
  return {
    metadata: {
      name,
      namespace: 'default',
      uid: `uid of ${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: secondsAgo(traits.createdSecondsAgo ?? 60),
      labels,
      annotations,
    },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { ...template, metadata: { labels } },
    },
    status: {
      replicas: traits.present ?? replicas,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
    },
  };
}
