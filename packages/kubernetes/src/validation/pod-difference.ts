// Tells whether a pod's update changes what may not change, and shows the change.

import type { Container, PodSpec } from '../object.ts';
import { sameValue } from './rules.ts';

const rule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const maxShownLength = 2_000;

/** Undefined when the update is allowed; else the rule, followed by the fields that differ. */
export function podSpecDifference(spec: PodSpec, before: PodSpec): string | undefined {
  const allowed = withAllowedChangesUndone(spec, before);
  if (sameValue(allowed, before)) return undefined;
  const lines: string[] = [];
  collect(lines, '', allowed, before);
  return `${rule}\n${lines.join('\n').slice(0, maxShownLength)}`;
}

function withAllowedChangesUndone(spec: PodSpec, before: PodSpec): PodSpec {
  const images = (now: readonly Container[] | undefined, then: readonly Container[] | undefined) =>
    now?.map((container, index) => ({ ...container, image: then?.[index]?.image })) as Container[];
  const undone: PodSpec = {
    ...spec,
    containers: images(spec.containers, before.containers),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
  };
  if (spec.initContainers) undone.initContainers = images(spec.initContainers, before.initContainers);
  const [now, then] = [spec.terminationGracePeriodSeconds, before.terminationGracePeriodSeconds];
  if (now === 1 && then !== undefined && then < 0) undone.terminationGracePeriodSeconds = then;
  return undone;
}

function collect(lines: string[], path: string, now: unknown, then: unknown): void {
  if (sameValue(now, then) || lines.length > 20) return;
  if (isRecord(now) && isRecord(then)) {
    for (const key of new Set([...Object.keys(then), ...Object.keys(now)])) {
      collect(lines, path === '' ? key : `${path}.${key}`, now[key], then[key]);
    }
  } else if (Array.isArray(now) && Array.isArray(then) && now.length === then.length) {
    for (const [index, item] of now.entries()) collect(lines, `${path}[${index}]`, item, then[index]);
  } else {
    lines.push(
      `  - ${path}: ${JSON.stringify(then) ?? 'unset'}`,
      `  + ${path}: ${JSON.stringify(now) ?? 'unset'}`,
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
