// Reads what a genuine kubelet was recorded to ask of its runtime and to report (fixtures/kubelet).

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ObjectMeta, PodSpec, PodStatus } from '@selvedge/kubernetes';
import type { EdgePod } from '../pods/pod-spec.ts';

const folder = join(import.meta.dir, '../../../fixtures/kubelet');

interface RecordedPod {
  readonly scenario: string;
  readonly metadata: ObjectMeta & { readonly name: string; readonly uid: string };
  readonly spec: PodSpec;
}

export interface RecordedStatus {
  readonly scenario: string;
  readonly pod: number;
  readonly deleted?: boolean;
  readonly status: PodStatus;
}

export interface RecordedRequest {
  readonly scenario: string;
  readonly method: 'RunPodSandbox' | 'CreateContainer';
  /** Names in camel case, as the codec has them. */
  readonly config: Readonly<Record<string, unknown>>;
}

function lines<Line>(file: string): Line[] {
  const text = readFileSync(join(folder, file), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

export function recordedPods(): EdgePod[] {
  return lines<RecordedPod>('pods.jsonl').map(({ metadata, spec }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, resourceVersion: '1' },
    spec,
  }));
}

export function recordedStatuses(): RecordedStatus[] {
  return lines<RecordedStatus>('pod-statuses.jsonl');
}

export function recordedRequests(): RecordedRequest[] {
  return lines<RecordedRequest>('cri-requests.jsonl').map((line) => ({
    ...line,
    config: camelCased(line.config) as RecordedRequest['config'],
  }));
}

/** Keys of these are data, not names of fields. */
const maps = new Set(['labels', 'annotations', 'sysctls']);

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      maps.has(key) ? item : camelCased(item),
    ]),
  );
}
