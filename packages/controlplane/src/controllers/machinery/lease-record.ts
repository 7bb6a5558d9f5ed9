// What the manager keeps of a node's lease: when it was renewed.

import type { KubeObject, Stored } from '@selvedge/kubernetes';

export interface LeaseRecord {
  readonly name: string;
  readonly resourceVersion: string;
  readonly renewTime: string;
}

export function leaseRecord(lease: Stored<KubeObject>): LeaseRecord {
  const spec = lease.spec as { renewTime?: string } | undefined;
  return {
    name: lease.metadata.name,
    resourceVersion: lease.metadata.resourceVersion,
    renewTime: spec?.renewTime ?? '',
  };
}
