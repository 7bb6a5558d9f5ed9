// Nodes: what a new one carries until it has reported, and what selectors may ask.

import type { Node } from '@selvedge/kubernetes';
import type { Strategy } from './strategy.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const nodeStrategy: Strategy = {
  status: true,
  fieldNames: ['spec.unschedulable'],
  fields: (object) => ({ 'spec.unschedulable': String((object as Node).spec?.unschedulable ?? false) }),
  prepareForCreate: (object) => {
    const spec = { ...(object.spec as Record<string, unknown>) };
    const taints = Array.isArray(spec.taints) ? spec.taints : [];
    const present = taints.some((taint) => taint?.key === notReady.key && taint?.effect === notReady.effect);
    object.spec = present ? spec : { ...spec, taints: [...taints, notReady] };
  },
};
