// Validation of resource requests and limits: names, quantities, and requests against limits.

import { fieldError } from '../field-error.ts';
import { isQualifiedName } from '../names.ts';
import type { Container } from '../object.ts';
import { compareQuantities, parseQuantity } from '../quantity.ts';
import { check, type Errors } from './rules.ts';

type Amounts = Record<string, string> | undefined;

const standardForContainers = new Set(['cpu', 'memory', 'ephemeral-storage']);

export function validateResourceRequirements(
  errors: Errors,
  path: string,
  resources: Container['resources'],
): void {
  const limits: Amounts = resources?.limits;
  const requests: Amounts = resources?.requests;
  validateAmounts(errors, `${path}.limits`, limits);
  validateAmounts(errors, `${path}.requests`, requests);
  for (const [name, amount] of Object.entries(requests ?? {})) {
    const request = parseQuantity(amount);
    const limit = limits?.[name] === undefined ? undefined : parseQuantity(limits[name]);
    const difference = request && limit ? compareQuantities(request, limit) : 0;
    if (!mayExceedRequest(name)) {
      if (!limit) {
        errors.push(
          fieldError.required(`${path}.limits`, 'Limit must be set for non overcommitable resources'),
        );
      } else if (difference !== 0) {
        errors.push(fieldError.invalid(`${path}.requests`, amount, `must be equal to ${name} limit`));
      }
    } else if (difference > 0) {
      errors.push(
        fieldError.invalid(`${path}.requests`, amount, `must be less than or equal to ${name} limit`),
      );
    }
  }
  requireComputeForHugePages(errors, path, { ...limits, ...requests });
}

/** Amounts of a pod's overhead, a node's capacity, a quota: not negative, whole where only whole ones exist. */
export function validateAmounts(errors: Errors, path: string, amounts: Amounts): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    const field = `${path}[${name}]`;
    validateContainerResourceName(errors, field, name);
    const quantity = parseQuantity(amount);
    if (!quantity) continue;
    if (quantity.nano < 0n) {
      errors.push(fieldError.invalid(field, amount, 'must be greater than or equal to 0'));
    }
    if (mustBeWhole(name) && quantity.nano % 1_000_000_000n !== 0n) {
      errors.push(fieldError.invalid(field, amount, 'must be an integer'));
    }
  }
}

function validateContainerResourceName(errors: Errors, field: string, name: string): void {
  const before = errors.length;
  check(errors, field, name, isQualifiedName);
  if (errors.length > before) return;
  if (!name.includes('/')) {
    if (standardForContainers.has(name) || name.startsWith('hugepages-')) return;
    errors.push(fieldError.invalid(field, name, 'must be a standard resource type or fully qualified'));
    errors.push(fieldError.invalid(field, name, 'must be a standard resource for containers'));
  } else if (name.startsWith('requests.')) {
    errors.push(fieldError.invalid(field, name, "doesn't follow extended resource name standard"));
  }
}

/** Whether a limit may be above its request: not of huge pages, nor of what vendors' devices count. */
function mayExceedRequest(name: string): boolean {
  return (
    !name.startsWith('hugepages-') &&
    (!name.includes('/') || name.split('/')[0]?.endsWith('kubernetes.io') === true)
  );
}

function mustBeWhole(name: string): boolean {
  return name === 'pods' || !mayExceedRequest(name);
}

function requireComputeForHugePages(errors: Errors, path: string, all: Record<string, string>): void {
  const names = Object.keys(all);
  if (
    names.some((name) => name.startsWith('hugepages-')) &&
    !names.includes('cpu') &&
    !names.includes('memory')
  ) {
    errors.push(fieldError.forbidden(path, 'HugePages require cpu or memory'));
  }
}
