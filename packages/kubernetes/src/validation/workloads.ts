// Validation of deployments, replica sets and daemon sets.

import { type FieldError, fieldError, GoValue } from '../field-error.ts';
import { selectorMatches } from '../label-selector.ts';
import { isDns1123Subdomain } from '../names.ts';
import type { DaemonSet, Deployment, LabelSelector, PodTemplateSpec, ReplicaSet } from '../object.ts';
import { validateMetadata } from './metadata.ts';
import { validatePodTemplate } from './pod.ts';
import { type Errors, goIntOrString, goStringMap, goStruct, notNegative, sameValue } from './rules.ts';
import { goLabelSelector, isEmptySelector, validateLabelSelector } from './selectors.ts';

const rules = { namespaced: true, name: isDns1123Subdomain };
type IntOrPercent = number | string | undefined;

export function validateDeployment(errors: Errors, deployment: Deployment): void {
  const spec = deployment.spec ?? { selector: {}, template: {} };
  validateMetadata(errors, deployment.metadata ?? {}, rules);
  notNegative(errors, 'spec.replicas', spec.replicas);
  validateSelector(errors, spec.selector);
  validateTemplate(errors, spec.selector, spec.template, 'ReplicaSet');
  validateDeploymentStrategy(errors, spec.strategy ?? {});
  notNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  notNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  const deadline = spec.progressDeadlineSeconds;
  notNegative(errors, 'spec.progressDeadlineSeconds', deadline);
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(
      fieldError.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'),
    );
  }
}

export function validateReplicaSet(errors: Errors, replicaSet: ReplicaSet): void {
  const spec = replicaSet.spec ?? { selector: {} };
  validateMetadata(errors, replicaSet.metadata ?? {}, rules);
  notNegative(errors, 'spec.replicas', spec.replicas);
  notNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  validateSelector(errors, spec.selector);
  validateTemplate(errors, spec.selector, spec.template ?? {}, 'ReplicaSet');
}

export function validateDaemonSet(errors: Errors, daemonSet: DaemonSet): void {
  const spec = daemonSet.spec ?? { selector: {}, template: {} };
  validateMetadata(errors, daemonSet.metadata ?? {}, rules);
  if (!spec.selector) errors.push(fieldError.required('spec.selector'));
  validateLabelSelector(errors, 'spec.selector', spec.selector);
  if (spec.selector && isEmptySelector(spec.selector)) {
    const detail = 'empty selector is invalid for daemonset';
    errors.push(fieldError.invalid('spec.selector', goLabelSelector(spec.selector), detail));
  }
  validateTemplate(errors, spec.selector, spec.template, 'DaemonSet');
  notNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type === 'RollingUpdate' && rollingUpdate) {
    validateDaemonSetRolling(errors, rollingUpdate.maxUnavailable, rollingUpdate.maxSurge);
  } else if (type === 'RollingUpdate') errors.push(fieldError.required('spec.updateStrategy.rollingUpdate'));
  else if (type !== 'OnDelete') {
    errors.push(
      fieldError.notSupported('spec.updateStrategy', spec.updateStrategy, ['RollingUpdate', 'OnDelete']),
    );
  }
  notNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
}

/** What holds for every workload: its selector never changes. */
export function selectorUnchanged(
  errors: Errors,
  now: LabelSelector | undefined,
  then: LabelSelector | undefined,
): void {
  if (!sameValue(now, then))
    errors.push(fieldError.invalid('spec.selector', goLabelSelector(now), 'field is immutable'));
}

function validateSelector(errors: Errors, selector: LabelSelector | undefined): void {
  if (!selector) {
    errors.push(fieldError.required('spec.selector'));
    return;
  }
  validateLabelSelector(errors, 'spec.selector', selector);
  if (!isEmptySelector(selector)) return;
  const detail = 'empty selector is invalid for deployment';
  errors.push(fieldError.invalid('spec.selector', goLabelSelector(selector), detail));
}

function validateTemplate(
  errors: Errors,
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  kind: 'ReplicaSet' | 'DaemonSet',
): void {
  const path = 'spec.template';
  const labels = template.metadata?.labels;
  // No selector at all chooses nothing; an empty one chooses everything, and is refused for itself.
  if (!selector || (!isEmptySelector(selector) && !selectorMatches(selector, labels ?? {}))) {
    const detail = '`selector` does not match template `labels`';
    errors.push(fieldError.invalid(`${path}.metadata.labels`, goStringMap(labels), detail));
  }
  const found: FieldError[] = [];
  validatePodTemplate(found, path, template);
  errors.push(...found);
  const policy = template.spec?.restartPolicy ?? '';
  if (policy !== 'Always')
    errors.push(fieldError.notSupported(`${path}.spec.restartPolicy`, policy, ['Always']));
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(fieldError.forbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
}

function validateDeploymentStrategy(
  errors: Errors,
  strategy: NonNullable<NonNullable<Deployment['spec']>['strategy']>,
): void {
  const { type, rollingUpdate } = strategy;
  const path = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') {
    if (!rollingUpdate) return;
    errors.push(fieldError.forbidden(path, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type === 'RollingUpdate') {
    if (rollingUpdate) validateRolling(errors, path, rollingUpdate.maxUnavailable, rollingUpdate.maxSurge);
    else errors.push(fieldError.required(path, 'this should be defaulted and never be nil'));
  } else {
    const shown = goStruct('apps.DeploymentStrategy', {
      Type: type ?? '',
      RollingUpdate: new GoValue('(*apps.RollingUpdateDeployment)(nil)'),
    });
    const supported = ['Recreate', 'RollingUpdate'];
    errors.push(fieldError.notSupported('spec.strategy', rollingUpdate ? strategy : shown, supported));
  }
}

function validateRolling(
  errors: Errors,
  path: string,
  maxUnavailable: IntOrPercent,
  maxSurge: IntOrPercent,
): void {
  validateShare(errors, `${path}.maxUnavailable`, maxUnavailable);
  validateShare(errors, `${path}.maxSurge`, maxSurge);
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    const detail = 'may not be 0 when `maxSurge` is 0';
    errors.push(fieldError.invalid(`${path}.maxUnavailable`, goIntOrString(maxUnavailable ?? 0), detail));
  }
  if (typeof maxUnavailable === 'string' && amountOf(maxUnavailable) > 100) {
    errors.push(
      fieldError.invalid(
        `${path}.maxUnavailable`,
        goIntOrString(maxUnavailable),
        'must not be greater than 100%',
      ),
    );
  }
}

function validateDaemonSetRolling(
  errors: Errors,
  maxUnavailable: IntOrPercent,
  maxSurge: IntOrPercent,
): void {
  const path = 'spec.updateStrategy.rollingUpdate';
  validateShare(errors, `${path}.maxUnavailable`, maxUnavailable);
  validateShare(errors, `${path}.maxSurge`, maxSurge);
  const [unavailable, surge] = [amountOf(maxUnavailable), amountOf(maxSurge)];
  if (unavailable > 0 && surge > 0) {
    const detail = 'may not be set when maxUnavailable is non-zero';
    errors.push(fieldError.invalid(`${path}.maxSurge`, maxSurge, detail));
  } else if (unavailable === 0 && surge === 0) {
    errors.push(fieldError.required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
}

function validateShare(errors: Errors, field: string, value: IntOrPercent): void {
  if (typeof value === 'string' && !/^[0-9]+%$/.test(value)) {
    const detail =
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
    errors.push(fieldError.invalid(field, goIntOrString(value), detail));
  } else if (typeof value === 'number') notNegative(errors, field, value);
}

function amountOf(value: IntOrPercent): number {
  return typeof value === 'string' ? Number.parseInt(value, 10) || 0 : (value ?? 0);
}
