// Validation of a pod's containers: names, images, ports, environment, mounts, probes and hooks.

import { fieldError } from '../field-error.ts';
import { isDns1123Label, isEnvironmentVariableName, isPortName, isPortNumber } from '../names.ts';
import type { Container, PodSpec } from '../object.ts';
import {
  environmentFieldPaths,
  validateFieldReference,
  validateResourceReference,
} from './field-references.ts';
import { validateHandler, validateProbe, validateSingleSuccess } from './handlers.ts';
import { validateResourceRequirements } from './resources.ts';
import { check, type Errors, oneOf, optional, required, requiredOneOf } from './rules.ts';
import { validateSecurityContext } from './security.ts';
import { descendingPath } from './volumes.ts';

export const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const messagePolicies = ['File', 'FallbackToLogsOnError'];

export function validateContainers(
  errors: Errors,
  path: string,
  spec: PodSpec,
  volumes: ReadonlySet<string>,
): void {
  const containers = spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(fieldError.required(path));
    return;
  }
  const names = new Set<string>();
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`;
    validateContainer(errors, at, container, volumes);
    if (names.has(container.name)) errors.push(fieldError.duplicate(`${at}.name`, container.name));
    names.add(container.name);
    validateLifecycleAndProbes(errors, at, container);
  }
  hostPortConflicts(errors, path, containers);
}

export function validateInitContainers(
  errors: Errors,
  path: string,
  spec: PodSpec,
  volumes: ReadonlySet<string>,
): void {
  const names = new Set((spec.containers ?? []).map((container) => container.name));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    const at = `${path}[${index}]`;
    validateContainer(errors, at, container, volumes);
    if (names.has(container.name)) errors.push(fieldError.duplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    hostPortConflicts(errors, path, [container]);
    if (container.restartPolicy === 'Always') validateLifecycleAndProbes(errors, at, container);
    else forbidInInitContainers(errors, at, container);
  }
}

function forbidInInitContainers(errors: Errors, path: string, container: Container): void {
  const policy = container.restartPolicy;
  if (policy !== undefined) oneOf(errors, `${path}.restartPolicy`, policy, ['Always']);
  for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (!container[field]) continue;
    const detail = 'may not be set for init containers without restartPolicy=Always';
    errors.push(fieldError.forbidden(`${path}.${field}`, detail));
  }
}

/** What holds for a container of any kind. */
export function validateContainer(
  errors: Errors,
  path: string,
  container: Container,
  volumes: ReadonlySet<string>,
): void {
  required(errors, `${path}.name`, container.name, isDns1123Label);
  required(errors, `${path}.image`, container.image);
  requiredOneOf(
    errors,
    `${path}.terminationMessagePolicy`,
    container.terminationMessagePolicy,
    messagePolicies,
  );
  validatePorts(errors, `${path}.ports`, container);
  validateEnvironment(errors, `${path}.env`, container);
  validateEnvironmentSources(errors, `${path}.envFrom`, container);
  validateMounts(errors, `${path}.volumeMounts`, container, volumes);
  validateDevices(errors, `${path}.volumeDevices`, container, volumes);
  requiredOneOf(errors, `${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies);
  validateResourceRequirements(errors, `${path}.resources`, container.resources);
  validateSecurityContext(errors, `${path}.securityContext`, container.securityContext);
}

function validateLifecycleAndProbes(errors: Errors, path: string, container: Container): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container;
  if (lifecycle?.postStart) validateHandler(errors, `${path}.lifecycle.postStart`, lifecycle.postStart);
  if (lifecycle?.preStop) validateHandler(errors, `${path}.lifecycle.preStop`, lifecycle.preStop);
  validateProbe(errors, `${path}.livenessProbe`, livenessProbe);
  validateSingleSuccess(errors, `${path}.livenessProbe`, livenessProbe);
  validateProbe(errors, `${path}.readinessProbe`, readinessProbe);
  if (readinessProbe?.terminationGracePeriodSeconds !== undefined) {
    errors.push(
      fieldError.invalid(
        `${path}.readinessProbe.terminationGracePeriodSeconds`,
        readinessProbe.terminationGracePeriodSeconds,
        'must not be set for readinessProbes',
      ),
    );
  }
  validateProbe(errors, `${path}.startupProbe`, startupProbe);
  validateSingleSuccess(errors, `${path}.startupProbe`, startupProbe);
}

function validatePorts(errors: Errors, path: string, container: Container): void {
  const names = new Set<string>();
  for (const [index, port] of (container.ports ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (port.name) {
      const wrong = isPortName(port.name);
      for (const message of wrong) errors.push(fieldError.invalid(`${at}.name`, port.name, message));
      if (wrong.length === 0 && names.has(port.name))
        errors.push(fieldError.duplicate(`${at}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(fieldError.required(`${at}.containerPort`));
    else check(errors, `${at}.containerPort`, port.containerPort, isPortNumber);
    if (port.hostPort) check(errors, `${at}.hostPort`, port.hostPort, isPortNumber);
    requiredOneOf(errors, `${at}.protocol`, port.protocol, protocols);
  }
}

function hostPortConflicts(errors: Errors, path: string, containers: readonly Container[]): void {
  const taken = new Set<string>();
  for (const [index, container] of containers.entries()) {
    for (const [at, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      if (taken.has(key)) errors.push(fieldError.duplicate(`${path}[${index}].ports[${at}].hostPort`, key));
      taken.add(key);
    }
  }
}

function validateEnvironment(errors: Errors, path: string, container: Container): void {
  for (const [index, variable] of (container.env ?? []).entries()) {
    const at = `${path}[${index}]`;
    required(errors, `${at}.name`, variable.name, isEnvironmentVariableName);
    if (variable.valueFrom) validateValueSource(errors, `${at}.valueFrom`, variable);
  }
}

function validateValueSource(
  errors: Errors,
  path: string,
  variable: NonNullable<Container['env']>[number],
): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (fieldRef) validateFieldReference(errors, `${path}.fieldRef`, fieldRef, environmentFieldPaths);
  if (resourceFieldRef)
    validateResourceReference(errors, `${path}.resourceFieldRef`, resourceFieldRef, false);
  for (const [kind, reference] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (!reference) continue;
    required(errors, `${path}.${kind}.name`, reference.name);
    required(errors, `${path}.${kind}.key`, reference.key);
  }
  const count = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(Boolean).length;
  const one = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
  if (count === 0) errors.push(fieldError.invalid(path, '', one));
  else if (variable.value)
    errors.push(fieldError.invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1)
    errors.push(fieldError.invalid(path, '', 'may not have more than one field specified at a time'));
}

function validateEnvironmentSources(errors: Errors, path: string, container: Container): void {
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    const at = `${path}[${index}]`;
    optional(errors, `${at}.prefix`, source.prefix, isEnvironmentVariableName);
    if (source.configMapRef) required(errors, `${at}.configMapRef.name`, source.configMapRef.name);
    if (source.secretRef) required(errors, `${at}.secretRef.name`, source.secretRef.name);
    const count = [source.configMapRef, source.secretRef].filter(Boolean).length;
    if (count === 0) {
      errors.push(fieldError.invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (count > 1) {
      errors.push(fieldError.invalid(path, '', 'may not have more than one field specified at a time'));
    }
  }
}

function validateMounts(
  errors: Errors,
  path: string,
  container: Container,
  volumes: ReadonlySet<string>,
): void {
  const mountPaths = new Set<string>();
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!mount.name) errors.push(fieldError.required(`${at}.name`));
    if (!volumes.has(mount.name)) errors.push(fieldError.notFound(`${at}.name`, mount.name ?? ''));
    if (!mount.mountPath) errors.push(fieldError.required(`${at}.mountPath`));
    if (mountPaths.has(mount.mountPath)) {
      errors.push(fieldError.invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'));
    }
    mountPaths.add(mount.mountPath);
    // Kubernetes leaves the mount's index out of the path of these three.
    if (mount.subPath) descendingPath(errors, `${path}.subPath`, mount.subPath);
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const detail = 'subPathExpr and subPath are mutually exclusive';
        errors.push(fieldError.invalid(`${at}.subPathExpr`, mount.subPathExpr, detail));
      }
      descendingPath(errors, `${path}.subPathExpr`, mount.subPathExpr);
    }
    validatePropagation(errors, `${path}.mountPropagation`, mount.mountPropagation, container);
  }
}

function validateDevices(
  errors: Errors,
  path: string,
  container: Container,
  volumes: ReadonlySet<string>,
): void {
  for (const [index, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!device.name) errors.push(fieldError.required(`${at}.name`));
    else if (!volumes.has(device.name)) errors.push(fieldError.notFound(`${at}.name`, device.name));
    if (!device.devicePath) errors.push(fieldError.required(`${at}.devicePath`));
    else descendingPath(errors, `${at}.devicePath`, device.devicePath.replace(/^\//, ''));
  }
}

function validatePropagation(
  errors: Errors,
  field: string,
  mode: string | undefined,
  container: Container,
): void {
  if (mode === undefined) return;
  oneOf(errors, field, mode, ['Bidirectional', 'HostToContainer', 'None']);
  if (mode === 'Bidirectional' && !container.securityContext?.privileged) {
    const detail = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(fieldError.forbidden(field, detail));
  }
}
