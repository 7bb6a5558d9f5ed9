// Validation of what controllers report of workloads: counts that are not negative and fit together.
// Source: ValidateDeploymentStatus and its sisters in k8s.io/kubernetes/pkg/apis/apps/validation.

import { fieldError } from '../field-error.ts';
import type { DaemonSet, Deployment, ReplicaSet } from '../object.ts';
import { type Errors, notNegative } from './rules.ts';

export function validateDeploymentStatus(errors: Errors, { status = {} }: Deployment): void {
  const names = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
  countsNotNegative(errors, [...names, 'unavailableReplicas'], status);
  notNegative(errors, 'status.collisionCount', status.collisionCount);
  notAbove(errors, ['updatedReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', status);
  notAbove(errors, ['availableReplicas'], 'readyReplicas', status);
}

export function validateReplicaSetStatus(errors: Errors, { status }: ReplicaSet): void {
  const counts = status ?? {};
  const names = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];
  countsNotNegative(errors, [...names, 'observedGeneration'], counts);
  notAbove(errors, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'], 'replicas', counts);
  notAbove(errors, ['availableReplicas'], 'readyReplicas', counts);
}

export function validateDaemonSetStatus(errors: Errors, { status }: DaemonSet): void {
  const names = ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'];
  const more = ['observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'];
  countsNotNegative(errors, [...names, ...more], status ?? {});
}

function countsNotNegative(errors: Errors, names: readonly string[], counts: object): void {
  for (const name of names) notNegative(errors, `status.${name}`, countOf(counts, name));
}

function notAbove(errors: Errors, names: readonly string[], limit: string, counts: object): void {
  for (const name of names) {
    const count = countOf(counts, name);
    if (count <= countOf(counts, limit)) continue;
    errors.push(fieldError.invalid(`status.${name}`, count, `cannot be greater than status.${limit}`));
  }
}

function countOf(counts: object, name: string): number {
  const count: unknown = Reflect.get(counts, name);
  return typeof count === 'number' ? count : 0;
}
