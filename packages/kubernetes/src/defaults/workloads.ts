// Defaults of the kinds that make pods: deployments, replica sets, daemon sets, stateful sets, jobs.

import type {
  DaemonSetSpec,
  DeploymentSpec,
  ReplicaSetSpec,
  StatefulSetSpec,
} from 'kubernetes-types/apps/v1';
import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { ObjectMeta } from '../object.ts';
import { defaultPodSpec } from './pod.ts';
import type { TemplateLike } from './shapes.ts';

/** A workload as decoding leaves it: spec and template are always there. */
interface Workload<Spec> {
  spec: Omit<Partial<Spec>, 'template'> & { template: TemplateLike };
}

export function defaultDeployment({ spec }: Workload<DeploymentSpec>): void {
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultPodSpec(spec.template.spec);
}

export function defaultReplicaSet({ spec }: Workload<ReplicaSetSpec>): void {
  spec.replicas ??= 1;
  defaultPodSpec(spec.template.spec);
}

/** Kept as an annotation since the field was dropped; the server counts it up when the template changes. */
const templateGeneration = 'deprecated.daemonset.template.generation';

export function defaultDaemonSet(daemonSet: Workload<DaemonSetSpec> & { metadata: ObjectMeta }): void {
  const { spec, metadata } = daemonSet;
  metadata.annotations = { [templateGeneration]: '0', ...metadata.annotations };
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultPodSpec(spec.template.spec);
}

export function defaultStatefulSet({ spec }: Workload<StatefulSetSpec>): void {
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) {
    if (claim.spec !== undefined) claim.spec.volumeMode ??= 'Filesystem';
    const { status } = claim as { status?: { phase?: string } };
    if (status !== undefined) status.phase ||= 'Pending';
  }
  defaultPodSpec(spec.template.spec);
}

export function defaultJob({ spec }: Workload<JobSpec>): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ||= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ||= spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed';
  defaultPodSpec(spec.template.spec);
}

export function defaultPodTemplate(object: { template: TemplateLike }): void {
  defaultPodSpec(object.template.spec);
}
