// What every pod gets on its way in: its priority, and patience with nodes that are away for a while.
// Source: k8s.io/kubernetes/plugin/pkg/admission/{priority,defaulttolerationseconds}.

import type { KubeObject, Pod, PodSpec } from '@selvedge/kubernetes';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';

const patienceSeconds = 300;
const awayTaints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export const podDefaults: AdmissionPlugin = {
  name: 'PodDefaults',
  mutate: (request) => {
    const { resource, operation, object } = request;
    if (resource.group !== '' || resource.resource !== 'pods' || operation !== 'CREATE') return;
    const { spec } = object as KubeObject & Pod;
    if (!spec) return;
    addPatience(spec);
    setPriority(request, spec);
  },
};

function addPatience(spec: PodSpec): void {
  for (const key of awayTaints) {
    const tolerated = spec.tolerations?.some(
      (one) => (one.key === key || !one.key) && (one.effect === 'NoExecute' || !one.effect),
    );
    if (tolerated) continue;
    const toleration = { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: patienceSeconds };
    spec.tolerations = [...(spec.tolerations ?? []), toleration];
  }
}

interface PriorityClass {
  readonly value?: number;
  readonly preemptionPolicy?: string;
}

function setPriority(request: AdmissionRequest, spec: PodSpec): void {
  const name = spec.priorityClassName ?? '';
  const entry =
    name === '' ? undefined : request.context.store.latest('priorityclasses.scheduling.k8s.io', name);
  const found = entry ? (JSON.parse(Buffer.from(entry.value).toString('utf8')) as PriorityClass) : undefined;
  const value = found?.value ?? systemPriorities[name] ?? (name === '' ? 0 : undefined);
  if (value === undefined) {
    deny(request, `no PriorityClass with name ${name} was found`);
  }
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    deny(request, why);
  }
  spec.priority = value;
  const policy = (found?.preemptionPolicy ?? 'PreemptLowerPriority') as 'Never';
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    deny(request, why);
  }
  spec.preemptionPolicy = policy;
}
