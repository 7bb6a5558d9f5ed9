// Validation of security contexts: users and groups, seccomp, sysctls, and settings that contradict one another.

import { fieldError } from '../field-error.ts';
import { isUserOrGroupId } from '../names.ts';
import type { Container, PodSpec } from '../object.ts';
import { check, type Errors, oneOf, optional } from './rules.ts';
import { descendingPath } from './volumes.ts';

const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const sysctlPattern = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$';
const sysctlRegex = new RegExp(sysctlPattern);
const maxSysctlLength = 253;

export function validatePodSecurityContext(errors: Errors, spec: PodSpec, specPath: string): void {
  const context = spec.securityContext;
  const path = `${specPath}.securityContext`;
  validateHostNetwork(errors, spec, specPath);
  if (!context) return;
  optional(errors, `${path}.fsGroup`, context.fsGroup, isUserOrGroupId);
  optional(errors, `${path}.runAsUser`, context.runAsUser, isUserOrGroupId);
  optional(errors, `${path}.runAsGroup`, context.runAsGroup, isUserOrGroupId);
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    check(errors, `${path}.supplementalGroups[${index}]`, group, isUserOrGroupId);
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(
      fieldError.invalid(
        `${path}.shareProcessNamespace`,
        true,
        'ShareProcessNamespace and HostPID cannot both be enabled',
      ),
    );
  }
  validateSysctls(errors, `${path}.sysctls`, context.sysctls ?? []);
  if (context.fsGroupChangePolicy !== undefined) {
    oneOf(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  }
  validateSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
}

function validateHostNetwork(errors: Errors, spec: PodSpec, path: string): void {
  if (!spec.hostNetwork) return;
  for (const [index, container] of spec.containers.entries()) {
    for (const [at, port] of (container.ports ?? []).entries()) {
      if ((port.hostPort ?? 0) === port.containerPort) continue;
      errors.push(
        fieldError.invalid(
          `${path}.containers[${index}].ports[${at}].containerPort`,
          port.containerPort,
          'must match `hostPort` when `hostNetwork` is true',
        ),
      );
    }
  }
}

function validateSysctls(errors: Errors, path: string, sysctls: readonly { name?: string }[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of sysctls.entries()) {
    const field = `${path}[${index}].name`;
    if (!name) errors.push(fieldError.required(field));
    else if (name.length > maxSysctlLength || !sysctlRegex.test(name)) {
      const rule = `must have at most ${maxSysctlLength} characters and match regex ${sysctlPattern}`;
      errors.push(fieldError.invalid(field, name, rule));
    } else if (seen.has(name)) errors.push(fieldError.duplicate(field, name));
    seen.add(name ?? '');
  }
}

type Seccomp = NonNullable<PodSpec['securityContext']>['seccompProfile'];

function validateSeccomp(errors: Errors, path: string, profile: Seccomp): void {
  if (!profile) return;
  if (!profile.type)
    errors.push(fieldError.required(`${path}.type`, 'type is required when seccompProfile is set'));
  else oneOf(errors, `${path}.type`, profile.type, seccompTypes);
  const file = profile.localhostProfile;
  if (profile.type === 'Localhost') {
    if (!file) {
      errors.push(
        fieldError.required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'),
      );
    } else descendingPath(errors, `${path}.localhostProfile`, file);
  } else if (file !== undefined) {
    errors.push(
      fieldError.invalid(`${path}.localhostProfile`, file, 'can only be set when seccomp type is Localhost'),
    );
  }
}

export function validateSecurityContext(
  errors: Errors,
  path: string,
  context: Container['securityContext'],
): void {
  if (!context) return;
  optional(errors, `${path}.runAsUser`, context.runAsUser, isUserOrGroupId);
  optional(errors, `${path}.runAsGroup`, context.runAsGroup, isUserOrGroupId);
  if (context.procMount !== undefined) {
    oneOf(errors, `${path}.procMount`, context.procMount, ['Default', 'Unmasked']);
  }
  validateSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged) {
    errors.push(
      fieldError.invalid(
        path,
        context,
        'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ),
    );
  }
  if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
    errors.push(
      fieldError.invalid(
        path,
        context,
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      ),
    );
  }
}
