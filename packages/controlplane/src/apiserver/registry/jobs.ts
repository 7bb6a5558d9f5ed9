// Jobs: unless they bring a selector of their own, they get one that no other job's pods can match.

import type { KubeObject, LabelSelector, PodTemplateSpec } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import type { Strategy } from './strategy.ts';

const uidLabel = 'batch.kubernetes.io/controller-uid';

export const jobStrategy: Strategy = {
  generation: true,
  status: true,
  fieldNames: ['status.successful'],
  fields: (job) => {
    const { succeeded } = (job.status ?? {}) as { succeeded?: number };
    return { 'status.successful': String(succeeded ?? 0) };
  },
  prepareForCreate: (object) => {
    const { spec } = object as Job;
    if (spec && spec.manualSelector !== true) selectOwnPods(object as Job, spec);
  },
  validateCreate: (object) => {
    const spec: Readonly<Record<string, unknown>> = { ...(object as Job).spec };
    const negative = [
      'parallelism',
      'completions',
      'activeDeadlineSeconds',
      'backoffLimit',
      'ttlSecondsAfterFinished',
    ]
      .filter((field) => typeof spec[field] === 'number' && spec[field] < 0)
      .map((field) => ({
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${spec[field]}: must be greater than or equal to 0`,
        field: `spec.${field}`,
      }));
    // A pod that is started again and again never finishes.
    const policy = (object as Job).spec?.template?.spec?.restartPolicy;
    return policy === 'Always' ? [...negative, restartPolicyRequired] : negative;
  },
};

const restartPolicyRequired = {
  reason: 'FieldValueRequired',
  message: 'Required value: valid values: "OnFailure", "Never"',
  field: 'spec.template.spec.restartPolicy',
};

interface JobSpec {
  manualSelector?: boolean;
  selector?: LabelSelector;
  template?: { metadata?: { labels?: Record<string, string> } } & PodTemplateSpec;
}

type Job = KubeObject & { spec?: JobSpec };

function selectOwnPods(job: Job, spec: JobSpec): void {
  const meta = metaOf(job);
  const [uid, name] = [meta.uid ?? '', meta.name ?? ''];
  const own = {
    [uidLabel]: uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const { template } = spec;
  const labels = { ...template?.metadata?.labels, ...own };
  // A template's metadata is never without this field.
  const metadata = { creationTimestamp: null as never, ...template?.metadata, labels };
  spec.template = { ...template, metadata };
  spec.selector = { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [uidLabel]: uid } };
  if (!meta.labels || Object.keys(meta.labels).length === 0) meta.labels = labels;
}
