// Validation of references from a pod to its own fields and resources (the downward API).

import { fieldError } from '../field-error.ts';
import { isQualifiedName } from '../names.ts';
import { check, type Errors } from './rules.ts';

const resourceNames = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** Field paths, sorted as Kubernetes lists them. */
export const environmentFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const known = new Set([
  ...environmentFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

const subscripted = /^(.*)\['([^']*)'\]$/;

export function validateFieldReference(
  errors: Errors,
  path: string,
  reference: { apiVersion?: string; fieldPath?: string },
  supported: readonly string[],
): void {
  const { apiVersion, fieldPath } = reference;
  if (!apiVersion) {
    errors.push(fieldError.required(`${path}.apiVersion`));
    return;
  }
  if (!fieldPath) {
    errors.push(fieldError.required(`${path}.fieldPath`));
    return;
  }
  const match = subscripted.exec(fieldPath);
  const base = match?.[1] ?? fieldPath;
  const unknown = match ? !['metadata.annotations', 'metadata.labels'].includes(base) : !known.has(base);
  if (unknown) {
    const reason =
      match && known.has(base)
        ? `error converting fieldPath: field label does not support subscript: ${fieldPath}`
        : `error converting fieldPath: field label not supported: ${fieldPath}`;
    errors.push(fieldError.invalid(`${path}.fieldPath`, fieldPath, reason));
  } else if (match) {
    const key = match[2] ?? '';
    check(errors, path, base === 'metadata.annotations' ? key.toLowerCase() : key, isQualifiedName);
  } else if (!supported.includes(base)) {
    errors.push(fieldError.notSupported(`${path}.fieldPath`, base, supported));
  }
}

export function validateResourceReference(
  errors: Errors,
  path: string,
  reference: { containerName?: string; resource?: string; divisor?: string },
  inVolume: boolean,
): void {
  const { containerName, resource = '', divisor } = reference;
  if (inVolume && !containerName) errors.push(fieldError.required(`${path}.containerName`));
  else if (resource === '') errors.push(fieldError.required(`${path}.resource`));
  else if (!resourceNames.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    errors.push(fieldError.notSupported(`${path}.resource`, resource, resourceNames));
  }
  validateDivisor(errors, path, resource, divisor);
}

const cpuDivisors = ['1m', '1'];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

function validateDivisor(errors: Errors, path: string, resource: string, divisor: string | undefined): void {
  if (divisor === undefined || divisor === '' || divisor === '0') return;
  const field = `${path}.divisor`;
  if (resource.endsWith('.cpu')) {
    if (!cpuDivisors.includes(divisor)) {
      errors.push(
        fieldError.invalid(
          field,
          divisor,
          "only divisor's values 1m and 1 are supported with the cpu resource",
        ),
      );
    }
  } else if (!byteDivisors.includes(divisor)) {
    const kind = resource.endsWith('.memory')
      ? 'memory'
      : resource.endsWith('.ephemeral-storage')
        ? 'local ephemeral storage'
        : 'hugepages';
    errors.push(
      fieldError.invalid(
        field,
        divisor,
        `only divisor's values ${byteDivisors.join(', ')} are supported with the ${kind} resource`,
      ),
    );
  }
}
