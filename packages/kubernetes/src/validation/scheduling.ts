// Validation of where a pod may run: affinity, tolerations, topology spread, scheduling gates; and of a node's taints.

import { fieldError, GoValue } from '../field-error.ts';
import { isDns1123Label, isLabelValue, isQualifiedName } from '../names.ts';
import type { PodSpec, Taint, Toleration } from '../object.ts';
import { check, type Errors, goStruct, oneOf } from './rules.ts';
import { validateLabelSelector, validateNodeRequirement } from './selectors.ts';

type Affinity = NonNullable<PodSpec['affinity']>;
type NodeAffinity = NonNullable<Affinity['nodeAffinity']>;
type PodAffinity = NonNullable<Affinity['podAffinity']>;
type PodAffinityTerm = NonNullable<PodAffinity['requiredDuringSchedulingIgnoredDuringExecution']>[number];
type NodeSelectorTerm = NonNullable<
  NodeAffinity['requiredDuringSchedulingIgnoredDuringExecution']
>['nodeSelectorTerms'][number];

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const requiredTerms = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferredTerms = 'preferredDuringSchedulingIgnoredDuringExecution';

export function validateAffinity(errors: Errors, path: string, affinity: Affinity | undefined): void {
  if (affinity?.nodeAffinity) validateNodeAffinity(errors, `${path}.nodeAffinity`, affinity.nodeAffinity);
  if (affinity?.podAffinity) validatePodAffinity(errors, `${path}.podAffinity`, affinity.podAffinity);
  if (affinity?.podAntiAffinity)
    validatePodAffinity(errors, `${path}.podAntiAffinity`, affinity.podAntiAffinity);
}

function validateNodeAffinity(errors: Errors, path: string, affinity: NodeAffinity): void {
  const needed = affinity[requiredTerms];
  if (needed) {
    const at = `${path}.${requiredTerms}.nodeSelectorTerms`;
    const terms = needed.nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(fieldError.required(at, 'must have at least one node selector term'));
    for (const [index, term] of terms.entries()) validateNodeSelectorTerm(errors, `${at}[${index}]`, term);
  }
  for (const [index, { weight, preference }] of (affinity[preferredTerms] ?? []).entries()) {
    const at = `${path}.${preferredTerms}[${index}]`;
    validateWeight(errors, at, weight);
    validateNodeSelectorTerm(errors, `${at}.preference`, preference);
  }
}

function validateNodeSelectorTerm(errors: Errors, path: string, term: NodeSelectorTerm): void {
  for (const [index, one] of (term.matchExpressions ?? []).entries()) {
    validateNodeRequirement(errors, `${path}.matchExpressions[${index}]`, one);
  }
  for (const [index, one] of (term.matchFields ?? []).entries()) {
    const at = `${path}.matchFields[${index}]`;
    if (!['In', 'NotIn'].includes(one.operator)) {
      errors.push(fieldError.invalid(`${at}.operator`, one.operator, 'not a valid selector operator'));
    } else if ((one.values ?? []).length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(fieldError.required(`${at}.values`, detail));
    }
    if (one.key !== 'metadata.name')
      errors.push(fieldError.invalid(`${at}.key`, one.key, 'not a valid field selector key'));
  }
}

function validateWeight(errors: Errors, path: string, weight: number): void {
  if (weight <= 0 || weight > 100)
    errors.push(fieldError.invalid(`${path}.weight`, weight, 'must be in the range 1-100'));
}

function validatePodAffinity(errors: Errors, path: string, affinity: PodAffinity): void {
  for (const [index, term] of (affinity[requiredTerms] ?? []).entries()) {
    validatePodAffinityTerm(errors, `${path}.${requiredTerms}[${index}]`, term);
  }
  for (const [index, { weight, podAffinityTerm }] of (affinity[preferredTerms] ?? []).entries()) {
    const at = `${path}.${preferredTerms}[${index}]`;
    validateWeight(errors, at, weight);
    validatePodAffinityTerm(errors, `${at}.podAffinityTerm`, podAffinityTerm);
  }
}

function validatePodAffinityTerm(errors: Errors, path: string, term: PodAffinityTerm): void {
  validateLabelSelector(errors, `${path}.labelSelector`, term.labelSelector);
  validateLabelSelector(errors, `${path}.namespaceSelector`, term.namespaceSelector);
  for (const namespace of term.namespaces ?? [])
    check(errors, `${path}.namespace`, namespace, isDns1123Label);
  if (!term.topologyKey) errors.push(fieldError.required(`${path}.topologyKey`, 'can not be empty'));
  check(errors, `${path}.topologyKey`, term.topologyKey ?? '', isQualifiedName);
}

export function validateTolerations(errors: Errors, path: string, tolerations: readonly Toleration[]): void {
  for (const [index, toleration] of tolerations.entries()) {
    const at = `${path}[${index}]`;
    const { key, operator, value = '', effect, tolerationSeconds } = toleration;
    if (key) check(errors, `${at}.key`, key, isQualifiedName);
    else if (operator !== 'Exists') {
      errors.push(
        fieldError.invalid(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
      const detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
      errors.push(fieldError.invalid(`${at}.effect`, effect ?? '', detail));
    }
    validateTolerationValue(errors, `${at}.operator`, toleration, value);
    if (effect) oneOf(errors, `${at}.effect`, effect, taintEffects);
  }
}

function validateTolerationValue(errors: Errors, field: string, toleration: Toleration, value: string): void {
  const operator = toleration.operator ?? 'Equal';
  if (operator === 'Equal') {
    const wrong = isLabelValue(value);
    if (wrong.length > 0) errors.push(fieldError.invalid(field, value, wrong.join(';')));
  } else if (operator === 'Exists') {
    if (value !== '') {
      errors.push(
        fieldError.invalid(
          field,
          goToleration(toleration),
          "value must be empty when `operator` is 'Exists'",
        ),
      );
    }
  } else errors.push(fieldError.notSupported(field, operator, ['Equal', 'Exists']));
}

function goToleration({
  key = '',
  operator = '',
  value = '',
  effect = '',
  tolerationSeconds,
}: Toleration): GoValue {
  const text = (one: string) => JSON.stringify(one);
  const seconds = tolerationSeconds === undefined ? '(*int64)(nil)' : `(*int64)(${tolerationSeconds})`;
  return new GoValue(
    `core.Toleration{Key:${text(key)}, Operator:${text(operator)}, Value:${text(value)}, Effect:${text(effect)}, TolerationSeconds:${seconds}}`,
  );
}

export function validateTaints(errors: Errors, path: string, taints: readonly Taint[]): void {
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const at = `${path}[${index}]`;
    check(errors, `${at}.key`, taint.key ?? '', isQualifiedName);
    check(errors, `${at}.value`, taint.value ?? '', isLabelValue);
    if (!taint.effect) errors.push(fieldError.required(`${at}.effect`));
    else oneOf(errors, `${at}.effect`, taint.effect, taintEffects);
    const key = `${taint.effect}/${taint.key}`;
    if (seen.has(key)) {
      const duplicate = fieldError.duplicate(at, goTaint(taint));
      errors.push({
        ...duplicate,
        message: `${duplicate.message}: taints must be unique by key and effect pair`,
      });
    }
    seen.add(key);
  }
}

function goTaint({ key, value, effect }: Taint): GoValue {
  return goStruct('core.Taint', {
    Key: key,
    Value: value ?? '',
    Effect: effect,
    TimeAdded: new GoValue('<nil>'),
  });
}

export function validateTopologySpread(errors: Errors, path: string, spec: PodSpec): void {
  const constraints = spec.topologySpreadConstraints ?? [];
  for (const [index, constraint] of constraints.entries()) {
    const at = `${path}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains } = constraint;
    if (maxSkew <= 0) errors.push(fieldError.invalid(`${at}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) errors.push(fieldError.required(`${at}.topologyKey`, 'can not be empty'));
    oneOf(errors, `${at}.whenUnsatisfiable`, whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']);
    const again = constraints
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    if (again) {
      const shown = `{${topologyKey}, ${whenUnsatisfiable}}`;
      errors.push(fieldError.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, shown));
    }
    if (minDomains !== undefined && minDomains <= 0) {
      errors.push(fieldError.invalid(`${at}.minDomains`, minDomains, 'must be greater than zero'));
    }
    if (minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule') {
      const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.push(fieldError.invalid(`${at}.minDomains`, minDomains, detail));
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      if (constraint[field] !== undefined)
        oneOf(errors, `${at}.${field}`, constraint[field], ['Honor', 'Ignore']);
    }
    validateLabelSelector(errors, `${at}.labelSelector`, constraint.labelSelector);
  }
}
