// The admission plugins in the order in which they run.

import type { Store } from '../../store/store-contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { IpRange } from '../ip-range.ts';
import type { AdmissionPlugin } from './admission.ts';
import { CertificateSigners } from './certificate-signers.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { podDefaults } from './pod-defaults.ts';
import { RbacEscalation } from './rbac-escalation.ts';
import { runtimeClasses } from './runtime-class.ts';
import { serviceAccounts } from './service-account.ts';
import { ServiceIps } from './service-ips.ts';

export interface PluginOptions {
  readonly store: Store;
  readonly range: IpRange;
  readonly nodePortRange: string;
  readonly authorizer: Authorizer;
}

export function admissionPlugins({
  store,
  range,
  nodePortRange,
  authorizer,
}: PluginOptions): AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    serviceAccounts,
    podDefaults,
    runtimeClasses,
    nodeRestriction,
    new CertificateSigners(authorizer),
    // After all that changes an object.
    new RbacEscalation(authorizer),
    new ServiceIps({ store, range, nodePortRange }),
  ];
}
