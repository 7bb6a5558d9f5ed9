// Services: what they have without being asked for it. Addresses and ports are given by the service-ips admission.

import type { Service } from '@selvedge/kubernetes';
import type { Strategy } from './strategy.ts';

export const serviceStrategy: Strategy = {
  status: true,
  createOnUpdate: true,
  fieldNames: ['spec.clusterIP', 'spec.type'],
  fields: (object) => {
    const { spec } = object as Service;
    return { 'spec.clusterIP': spec?.clusterIP ?? '', 'spec.type': spec?.type ?? 'ClusterIP' };
  },
  prepareForCreate: (object) => {
    object.status = { loadBalancer: {} };
  },
};
