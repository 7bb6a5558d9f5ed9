// A pod that the runtime still has but nobody wants any more, as far as its containers tell what it was.

import type { Container } from '@selvedge/kubernetes';
import { podGracePeriodAnnotation, preStopAnnotation } from '../runtime/labels.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import type { EdgePod } from './pod-spec.ts';

export function orphanPod(state: PodRuntimeState): EdgePod {
  const containers = new Map<string, Container>();
  let graceS: number | undefined;
  for (const { name, annotations } of state.containers) {
    if (containers.has(name)) continue;
    const grace = Number(annotations[podGracePeriodAnnotation]);
    if (Number.isFinite(grace)) graceS = grace;
    containers.set(name, { name, ...lifecycle(annotations[preStopAnnotation]) });
  }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: state.name, namespace: state.namespace, uid: state.uid, resourceVersion: '' },
    spec: {
      containers: [...containers.values()],
      ...(graceS !== undefined && { terminationGracePeriodSeconds: graceS }),
    },
  };
}

function lifecycle(preStop: string | undefined): Pick<Container, 'lifecycle'> {
  if (preStop === undefined) return {};
  try {
    return { lifecycle: { preStop: JSON.parse(preStop) } };
  } catch {
    return {}; // not written by us
  }
}
