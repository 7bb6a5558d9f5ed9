// Validation of label selectors and node selectors as they stand inside objects.

import { fieldError, GoValue } from '../field-error.ts';
import { isLabelValue, isQualifiedName } from '../names.ts';
import type { LabelSelector } from '../object.ts';
import { validateLabels } from './metadata.ts';
import { check, type Errors, goStringMap, goStrings } from './rules.ts';

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: string[];
}

export function validateLabelSelector(
  errors: Errors,
  field: string,
  selector: LabelSelector | undefined,
): void {
  validateLabels(errors, `${field}.matchLabels`, selector?.matchLabels);
  for (const [index, requirement] of (selector?.matchExpressions ?? []).entries()) {
    const path = `${field}.matchExpressions[${index}]`;
    const values = requirement.values ?? [];
    if (['In', 'NotIn'].includes(requirement.operator)) {
      if (values.length === 0) {
        errors.push(
          fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
      }
    } else if (['Exists', 'DoesNotExist'].includes(requirement.operator)) {
      if (values.length > 0) {
        errors.push(
          fieldError.forbidden(
            `${path}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
      }
    } else {
      errors.push(
        fieldError.invalid(`${path}.operator`, requirement.operator, 'not a valid selector operator'),
      );
    }
    check(errors, `${path}.key`, requirement.key, isQualifiedName);
    for (const [at, value] of values.entries()) check(errors, `${path}.values[${at}]`, value, isLabelValue);
  }
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  return (
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0
  );
}

export function validateNodeRequirement(errors: Errors, path: string, requirement: Requirement): void {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(
          fieldError.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"),
        );
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(
          fieldError.forbidden(
            `${path}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
      }
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.push(
          fieldError.required(
            `${path}.values`,
            "must be specified single value when `operator` is 'Lt' or 'Gt'",
          ),
        );
      }
      break;
    default:
      errors.push(
        fieldError.invalid(`${path}.operator`, requirement.operator ?? '', 'not a valid selector operator'),
      );
  }
  check(errors, `${path}.key`, requirement.key, isQualifiedName);
}

/** A selector as Go prints it, which is how Kubernetes shows it in an error. */
export function goLabelSelector(selector: LabelSelector | undefined): GoValue {
  const expressions = selector?.matchExpressions;
  const shown = expressions
    ? `[]v1.LabelSelectorRequirement{${expressions.map(goRequirement).join(', ')}}`
    : '[]v1.LabelSelectorRequirement(nil)';
  return new GoValue(
    `v1.LabelSelector{MatchLabels:${goStringMap(selector?.matchLabels).text}, MatchExpressions:${shown}}`,
  );
}

function goRequirement({ key, operator, values }: Requirement): string {
  const list = values ? goStrings(values).text : '[]string(nil)';
  return `v1.LabelSelectorRequirement{Key:${JSON.stringify(key)}, Operator:${JSON.stringify(operator)}, Values:${list}}`;
}
