// Columns of what makes pods: deployments, replica sets, daemon sets, stateful sets, jobs.

import type { KubeObject, PodTemplateSpec } from '@selvedge/kubernetes';
import { selectorText } from '../subresources/selector-text.ts';
import { humanDuration } from './age.ts';
import type { Column } from './column.ts';
import { column, count, joined, part, wide } from './column-parts.ts';

export function workloadColumns(age: Column): Readonly<Record<string, readonly Column[]>> {
  const containers = wide('Containers', (object) => joined(containersOf(object).map((one) => one.name)));
  const images = wide('Images', (object) => joined(containersOf(object).map((one) => one.image ?? '')));
  const selector = wide('Selector', selectorOf);
  const status = (name: string, field: string, type = 'integer') =>
    column(name, (object) => count(part(object, 'status')[field]), type);
  const wanted = column('Desired', (object) => count(part(object, 'spec').replicas), 'integer');
  const readyOf = (ready: string) =>
    column(
      'Ready',
      (object) => `${count(part(object, 'status')[ready])}/${count(part(object, 'spec').replicas)}`,
    );
  const replicaSet = [
    wanted,
    status('Current', 'replicas'),
    status('Ready', 'readyReplicas'),
    age,
    containers,
    images,
    selector,
  ];
  return {
    'deployments.apps': [
      readyOf('readyReplicas'),
      status('Up-to-date', 'updatedReplicas', 'string'),
      status('Available', 'availableReplicas', 'string'),
      age,
      containers,
      images,
      selector,
    ],
    'replicasets.apps': replicaSet,
    replicationcontrollers: replicaSet,
    'daemonsets.apps': [
      status('Desired', 'desiredNumberScheduled'),
      status('Current', 'currentNumberScheduled'),
      status('Ready', 'numberReady'),
      status('Up-to-date', 'updatedNumberScheduled'),
      status('Available', 'numberAvailable'),
      column('Node Selector', (object) => pairs(templateOf(object).spec?.nodeSelector)),
      age,
      containers,
      images,
      selector,
    ],
    'statefulsets.apps': [readyOf('readyReplicas'), age, containers, images],
    'controllerrevisions.apps': [
      column('Controller', (object) => ownerOf(object)),
      column('Revision', (object) => count(object.revision)),
      age,
    ],
    'jobs.batch': [
      column('Status', jobStatus),
      column('Completions', (object) => {
        const { completions, parallelism } = part(object, 'spec');
        const of = completions ?? (count(parallelism) > 1 ? `1 of ${count(parallelism)}` : 1);
        return `${count(part(object, 'status').succeeded)}/${of}`;
      }),
      column('Duration', jobDuration),
      age,
      containers,
      images,
      selector,
    ],
  };
}

function templateOf(object: KubeObject): PodTemplateSpec {
  return (part(object, 'spec').template ?? {}) as PodTemplateSpec;
}

function containersOf(object: KubeObject) {
  return templateOf(object).spec?.containers ?? [];
}

function selectorOf(object: KubeObject): string {
  return selectorText(part(object, 'spec').selector) || '<none>';
}

export function pairs(map: Record<string, string> | undefined): string {
  return joined(Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`));
}

function ownerOf(object: KubeObject): string {
  const owner = object.metadata?.ownerReferences?.find((one) => one.controller);
  if (!owner) return '<none>';
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`;
}

interface JobCondition {
  readonly type: string;
  readonly status: string;
}

function jobStatus(object: KubeObject): string {
  const conditions = (part(object, 'status').conditions ?? []) as readonly JobCondition[];
  const has = (type: string) => conditions.some((one) => one.type === type && one.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (object.metadata?.deletionTimestamp) return 'Terminating';
  return has('Suspended') ? 'Suspended' : 'Running';
}

function jobDuration(object: KubeObject, nowMs: number): string {
  const { startTime, completionTime } = part(object, 'status');
  if (typeof startTime !== 'string') return '';
  const endMs = typeof completionTime === 'string' ? Date.parse(completionTime) : nowMs;
  return humanDuration(endMs - Date.parse(startTime));
}
