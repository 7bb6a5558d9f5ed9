// Pods: what selectors may ask of them, their quality-of-service class, and how long their deletion takes.

import type { KubeObject, Pod } from '@selvedge/kubernetes';
import { qosClassOf } from './pod-qos.ts';
import type { Strategy } from './strategy.ts';

/** A pod says from its first moment that it is not to be scheduled yet. */
const gated = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
  lastTransitionTime: null,
};

export const podStrategy: Strategy = {
  status: true,
  fieldNames: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  fields: (object) => {
    const { spec, status } = object as Pod;
    return {
      'spec.nodeName': spec?.nodeName ?? '',
      'spec.restartPolicy': spec?.restartPolicy ?? '',
      'spec.schedulerName': spec?.schedulerName ?? '',
      'spec.serviceAccountName': spec?.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec?.hostNetwork ?? false),
      'status.phase': status?.phase ?? '',
      'status.podIP': status?.podIP ?? '',
      'status.nominatedNodeName': status?.nominatedNodeName ?? '',
    };
  },
  prepareForCreate: (object) => {
    const pod = object as Pod;
    const gates = (pod.spec as { schedulingGates?: unknown[] } | undefined)?.schedulingGates ?? [];
    object.status = {
      ...(gates.length > 0 ? { conditions: [gated] } : {}),
      phase: 'Pending',
      qosClass: qosClassOf(pod),
    };
  },
  prepareForUpdate: (object) => {
    const status = object.status as { podIP?: string; podIPs?: Array<{ ip?: string }> } | undefined;
    if (status?.podIP && !status.podIPs) status.podIPs = [{ ip: status.podIP }];
    if (status?.podIPs?.[0]?.ip && !status.podIP) status.podIP = status.podIPs[0].ip;
  },
  gracePeriodSeconds,
};

function gracePeriodSeconds(object: KubeObject, requested: number | undefined): number {
  const { spec, status } = object as Pod;
  const seconds = requested ?? spec?.terminationGracePeriodSeconds ?? 0;
  if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
  return seconds < 0 ? 1 : seconds;
}
