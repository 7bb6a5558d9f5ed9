// CertificateSigningRequests: who asks is written down, what was asked for never changes, and conditions carry times.

import type { CertificateSigningRequest, KubeObject } from '@selvedge/kubernetes';
import { timestamp } from '../object-meta.ts';
import type { Strategy } from './strategy.ts';

type Conditions = NonNullable<CertificateSigningRequest['status']>['conditions'];

export const certificateSigningRequestStrategy: Strategy = {
  status: true,
  fieldNames: ['spec.signerName'],
  fields: (request) => ({
    'spec.signerName': String((request as Partial<CertificateSigningRequest>).spec?.signerName ?? ''),
  }),
  prepareForCreate: (request, { userName: username, userGroups }) => {
    // Signers trust these: nobody says them of himself.
    const {
      uid: _uid,
      extra: _extra,
      ...spec
    } = (request.spec ?? {}) as Partial<CertificateSigningRequest['spec']>;
    request.spec = { ...spec, username, groups: [...userGroups] } as KubeObject[string];
  },
  prepareForUpdate: (request, old, { nowMs }) => {
    request.spec = old.spec as KubeObject[string];
    const before = conditionsOf(old);
    for (const condition of conditionsOf(request)) {
      const { type, status } = condition;
      const same = before.find((one) => one.type === type && one.status === status);
      condition.lastUpdateTime ??= timestamp(nowMs);
      condition.lastTransitionTime ??= same?.lastTransitionTime ?? timestamp(nowMs);
    }
  },
};

function conditionsOf(request: KubeObject): NonNullable<Conditions> {
  return (request as Partial<CertificateSigningRequest>).status?.conditions ?? [];
}
