// Validation of pods and of the pod templates inside workloads; what may change in a pod that exists.
// Source: the rules of k8s.io/kubernetes/pkg/apis/core/validation, in their order.

import { fieldError } from '../field-error.ts';
import { isDns1123Label, isDns1123Subdomain, isIpAddress, isQualifiedName, outOfRange } from '../names.ts';
import type { ContainerStatus, Pod, PodSpec, PodTemplateSpec } from '../object.ts';
import { validateIp } from './addresses.ts';
import { validateContainers, validateInitContainers } from './containers.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { validateAnnotations, validateLabels, validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { podSpecDifference } from './pod-difference.ts';
import { validateAmounts } from './resources.ts';
import { check, type Errors, goStrings, oneOf, optional, sameValue } from './rules.ts';
import { validateAffinity, validateTolerations, validateTopologySpread } from './scheduling.ts';
import { validatePodSecurityContext } from './security.ts';
import { validateVolumes } from './volumes.ts';

const maxInt32 = 2 ** 31 - 1;
const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const maxNameservers = 3;
const maxSearches = 32;
const maxSearchCharacters = 2048;

export function validatePod(errors: Errors, pod: Pod): void {
  const spec = pod.spec ?? { containers: [] };
  validateMetadata(errors, pod.metadata ?? {}, { namespaced: true, name: isDns1123Subdomain });
  const annotations = pod.metadata?.annotations ?? {};
  if (annotations['kubernetes.io/config.mirror'] !== undefined && !spec.nodeName) {
    const field = 'metadata.annotations[kubernetes.io/config.mirror]';
    const value = annotations['kubernetes.io/config.mirror'];
    errors.push(fieldError.invalid(field, value, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  validatePodSpec(errors, 'spec', spec);
  validateOs(errors, spec);
  for (const kind of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[kind] ?? []).entries()) {
      const image = container.image ?? '';
      if (image.trim() === image) continue;
      const detail = 'must not have leading or trailing whitespace';
      errors.push(fieldError.invalid(`spec.${kind}[${index}].image`, image, detail));
    }
  }
}

export function validatePodCreate(errors: Errors, pod: Pod): void {
  validatePod(errors, pod);
  if ((pod.spec?.ephemeralContainers ?? []).length > 0) {
    errors.push(fieldError.forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
}

/** Fields that only Linux has, by where they stand; Kubernetes' list, in its order. */
const linuxPodFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
] as const;

function validateOs(errors: Errors, spec: PodSpec): void {
  if (!spec.os) return;
  oneOf(errors, 'spec.os', spec.os.name, ['linux', 'windows']);
  if (spec.os.name !== 'windows') return;
  const refuse = (field: string) =>
    errors.push(fieldError.forbidden(field, 'cannot be set for a windows pod'));
  for (const field of ['hostPID', 'hostIPC', 'hostUsers'] as const) if (spec[field]) refuse(`spec.${field}`);
  for (const field of linuxPodFields) {
    const value = spec.securityContext?.[field];
    if (value !== undefined && (!Array.isArray(value) || value.length > 0))
      refuse(`spec.securityContext.${field}`);
  }
  if (spec.shareProcessNamespace) refuse('spec.shareProcessNamespace');
}

export function validatePodTemplate(errors: Errors, path: string, template: PodTemplateSpec): void {
  validateLabels(errors, `${path}.labels`, template.metadata?.labels);
  validateAnnotations(errors, `${path}.annotations`, template.metadata?.annotations);
  validatePodSpec(errors, `${path}.spec`, template.spec ?? { containers: [] });
  if ((template.spec?.ephemeralContainers ?? []).length > 0) {
    const detail = 'ephemeral containers not allowed in pod template';
    errors.push(fieldError.forbidden(`${path}.spec.ephemeralContainers`, detail));
  }
}

function validatePodSpec(errors: Errors, path: string, spec: PodSpec): void {
  const volumes = validateVolumes(errors, `${path}.volumes`, spec.volumes ?? []);
  validateContainers(errors, `${path}.containers`, spec, volumes);
  validateInitContainers(errors, `${path}.initContainers`, spec, volumes);
  validateEphemeralContainers(errors, `${path}.ephemeralContainers`, spec, volumes);
  oneOf(errors, `${path}.restartPolicy`, spec.restartPolicy, restartPolicies);
  oneOf(errors, `${path}.dnsPolicy`, spec.dnsPolicy, dnsPolicies);
  validateLabels(errors, `${path}.nodeSelector`, spec.nodeSelector);
  validatePodSecurityContext(errors, spec, path);
  validateAffinity(errors, `${path}.affinity`, spec.affinity);
  validateDns(errors, `${path}.dnsConfig`, spec);
  for (const [index, gate] of (spec.readinessGates ?? []).entries()) {
    check(errors, `${path}.readinessGates[${index}].conditionType`, gate.conditionType, isQualifiedName);
  }
  validateTopologySpread(errors, `${path}.topologySpreadConstraints`, spec);
  validateNamesAndLimits(errors, path, spec);
  validateTolerations(errors, `${path}.tolerations`, spec.tolerations ?? []);
  validateHostAliases(errors, `${path}.hostAliases`, spec);
  optional(errors, `${path}.priorityClassName`, spec.priorityClassName, isDns1123Subdomain);
  optional(errors, `${path}.runtimeClassName`, spec.runtimeClassName, isDns1123Subdomain);
  if (spec.preemptionPolicy !== undefined) {
    oneOf(errors, `${path}.preemptionPolicy`, spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  }
  validateAmounts(errors, `${path}.overhead`, spec.overhead);
}

function validateNamesAndLimits(errors: Errors, path: string, spec: PodSpec): void {
  optional(errors, `${path}.serviceAccountName`, spec.serviceAccountName, isDns1123Subdomain);
  optional(errors, `${path}.nodeName`, spec.nodeName, isDns1123Subdomain);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(fieldError.invalid(`${path}.activeDeadlineSeconds`, deadline, outOfRange(1, maxInt32)));
  }
  optional(errors, `${path}.hostname`, spec.hostname, isDns1123Label);
  optional(errors, `${path}.subdomain`, spec.subdomain, isDns1123Label);
}

function validateDns(errors: Errors, path: string, { dnsPolicy, dnsConfig }: PodSpec): void {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) {
      errors.push(fieldError.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'));
      return;
    }
    if ((dnsConfig.nameservers ?? []).length === 0) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(fieldError.required(`${path}.nameservers`, detail));
      return;
    }
  }
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  if (nameservers.length > maxNameservers) {
    const detail = `must not have more than ${maxNameservers} nameservers`;
    errors.push(fieldError.invalid(`${path}.nameservers`, goStrings(nameservers), detail));
  }
  for (const [index, server] of nameservers.entries()) {
    if (!isIpAddress(server)) {
      errors.push(fieldError.invalid(`${path}.nameservers[${index}]`, server, 'must be valid IP address'));
    }
  }
  if (searches.length > maxSearches) {
    errors.push(
      fieldError.invalid(
        `${path}.searches`,
        goStrings(searches),
        `must not have more than ${maxSearches} search paths`,
      ),
    );
  }
  if (searches.join(' ').length > maxSearchCharacters) {
    const detail = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`;
    errors.push(fieldError.invalid(`${path}.searches`, goStrings(searches), detail));
  }
  for (const [index, search] of searches.entries()) {
    check(errors, `${path}.searches[${index}]`, search.replace(/\.$/, ''), isDns1123Subdomain);
  }
  for (const [index, option] of options.entries()) {
    if (!option.name) errors.push(fieldError.required(`${path}.options[${index}]`, 'must not be empty'));
  }
}

function validateHostAliases(errors: Errors, path: string, spec: PodSpec): void {
  for (const [index, alias] of (spec.hostAliases ?? []).entries()) {
    const ip = alias.ip ?? '';
    validateIp(errors, `${path}[${index}].ip`, ip);
    for (const hostname of alias.hostnames ?? [])
      check(errors, `${path}[${index}].hostnames`, hostname, isDns1123Subdomain);
  }
}

export function validatePodUpdate(errors: Errors, pod: Pod, before: Pod): void {
  validateMetadataUpdate(errors, pod.metadata ?? {}, before.metadata ?? {});
  validatePod(errors, pod);
  const spec = pod.spec ?? { containers: [] };
  const old = before.spec ?? { containers: [] };
  for (const kind of ['containers', 'initContainers'] as const) {
    if ((spec[kind] ?? []).length === (old[kind] ?? []).length) continue;
    errors.push(fieldError.forbidden(`spec.${kind}`, 'pod updates may not add or remove containers'));
    return;
  }
  if (!validateDeadlineUpdate(errors, spec, old)) return;
  const added = spec.tolerations ?? [];
  if ((old.tolerations ?? []).some((one) => !added.some((other) => sameToleration(one, other)))) {
    const detail = 'existing toleration can not be modified except its tolerationSeconds';
    errors.push(fieldError.forbidden('spec.tolerations', detail));
  }
  const difference = podSpecDifference(spec, old);
  if (difference !== undefined) errors.push(fieldError.forbidden('spec', difference));
}

function sameToleration(one: object, other: object): boolean {
  return sameValue({ ...one, tolerationSeconds: undefined }, { ...other, tolerationSeconds: undefined });
}

function validateDeadlineUpdate(errors: Errors, spec: PodSpec, old: PodSpec): boolean {
  const field = 'spec.activeDeadlineSeconds';
  const [now, then] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (now === undefined) {
    if (then !== undefined) {
      errors.push(fieldError.invalid(field, null, 'must not update from a positive integer to nil value'));
    }
    return true;
  }
  if (now < 0 || now > maxInt32) errors.push(fieldError.invalid(field, now, outOfRange(0, maxInt32)));
  else if (then !== undefined && then < now) {
    errors.push(fieldError.invalid(field, now, 'must be less than or equal to previous value'));
  } else return true;
  return false;
}

export function validatePodStatusUpdate(errors: Errors, pod: Pod, before: Pod): void {
  validateMetadataUpdate(errors, pod.metadata ?? {}, before.metadata ?? {});
  if (pod.spec?.nodeName !== before.spec?.nodeName) {
    errors.push(fieldError.forbidden('status.nodeName', 'may not be changed directly'));
  }
  const policy = before.spec?.restartPolicy;
  const kinds = ['containerStatuses', 'initContainerStatuses'] as const;
  for (const kind of kinds) {
    validateTransitions(
      errors,
      `status.${kind}`,
      pod.status?.[kind] ?? [],
      before.status?.[kind] ?? [],
      policy,
    );
  }
  for (const [index, { ip = '' }] of (pod.status?.podIPs ?? []).entries()) {
    validateIp(errors, `status.podIPs[${index}]`, ip);
  }
}

/** A container that has ended for good does not come back. */
function validateTransitions(
  errors: Errors,
  path: string,
  statuses: readonly ContainerStatus[],
  before: readonly ContainerStatus[],
  restartPolicy: string | undefined,
): void {
  if (restartPolicy !== 'Never' && restartPolicy !== 'OnFailure') return;
  for (const old of before) {
    const ended = old.state?.terminated;
    if (!ended || (ended.exitCode !== 0 && restartPolicy === 'OnFailure')) continue;
    const index = statuses.findIndex((status) => status.name === old.name);
    if (index < 0 || statuses[index]?.state?.terminated) continue;
    errors.push(
      fieldError.forbidden(`${path}[${index}].state`, 'may not be transitioned to non-terminated state'),
    );
  }
}
