// Validation of containers that are added to a running pod, by whoever looks into what is wrong with it.

import { fieldError } from '../field-error.ts';
import type { Container, Pod, PodSpec } from '../object.ts';
import { validateContainer } from './containers.ts';
import { validateMetadataUpdate } from './metadata.ts';
import { type Errors, isEmpty, sameValue } from './rules.ts';

/** What containers have that serve; in the order of Kubernetes' fields. */
const forbiddenFields = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

export function validateEphemeralContainers(
  errors: Errors,
  path: string,
  spec: PodSpec,
  volumes: ReadonlySet<string>,
): void {
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name);
  const names = new Set(others);
  for (const [index, ephemeral] of (spec.ephemeralContainers ?? []).entries()) {
    const at = `${path}[${index}]`;
    const container = ephemeral as Container;
    // Ports and resources are refused below, whatever is in them.
    validateContainer(errors, at, { ...container, ports: [], resources: {} }, volumes);
    if (names.has(container.name)) errors.push(fieldError.duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    const { targetContainerName } = ephemeral;
    if (targetContainerName && !others.includes(targetContainerName)) {
      errors.push(fieldError.notFound(`${at}.targetContainerName`, targetContainerName));
    }
    forbidServing(errors, at, container);
  }
}

function forbidServing(errors: Errors, path: string, container: Container): void {
  const why = 'cannot be set for an Ephemeral Container';
  for (const field of forbiddenFields) {
    const value: unknown = (container as unknown as Record<string, unknown>)[field];
    if (!isEmpty(value)) errors.push(fieldError.forbidden(`${path}.${field}`, why));
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field]) errors.push(fieldError.forbidden(`${path}.volumeMounts[${index}].${field}`, why));
    }
  }
}

/** Containers may be added, but neither changed nor taken away. */
export function validateEphemeralContainersUpdate(errors: Errors, pod: Pod, before: Pod): void {
  validateMetadataUpdate(errors, pod.metadata ?? {}, before.metadata ?? {});
  if (before.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    errors.push(fieldError.forbidden('', 'static pods do not support ephemeral containers'));
  }
  const now = pod.spec?.ephemeralContainers ?? [];
  for (const old of before.spec?.ephemeralContainers ?? []) {
    const found = now.find(({ name }) => name === old.name);
    if (found && sameValue(found, old)) continue;
    const what = `existing ephemeral containers ${JSON.stringify(old.name)} may not be`;
    const how = found ? `changed\n  - ${JSON.stringify(old)}\n  + ${JSON.stringify(found)}` : 'removed\n';
    errors.push(fieldError.forbidden('spec.ephemeralContainers', `${what} ${how}`));
  }
}
