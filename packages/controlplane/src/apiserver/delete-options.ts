// What a deletion may ask for, read from the body or the query and checked.

import type { KubeObject } from '@selvedge/kubernetes';
import { decodeOptions } from './object-decoder.ts';
import { checkDryRun } from './query-options.ts';
import type { ResourceSchemas } from './registry/resource-schemas.ts';
import { isTrue } from './request-info.ts';
import { refuse, type StatusCause } from './status-error.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun: boolean;
}

const policies = ['Foreground', 'Background', 'Orphan'];

export interface DeleteRequest {
  readonly schemas: ResourceSchemas;
  readonly query: URLSearchParams;
  readonly body: Buffer;
  readonly contentType: string;
}

/** Where there is a body, the query is not looked at. */
export function readDeleteOptions({ query, ...request }: DeleteRequest): DeleteOptions {
  const given: KubeObject = request.body.length > 0 ? decodeOptions(request) : fromQuery(query);
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.map(String) : [];
  const causes: StatusCause[] = [...checkDryRun(dryRun)];
  const policy = given.propagationPolicy;
  if (policy !== undefined && policy !== null && !policies.includes(String(policy))) {
    const supported = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(policy)}: ${supported}`,
      field: 'propagationPolicy',
    });
  }
  if (causes.length > 0) throw refuse.invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
  const grace = given.gracePeriodSeconds;
  return {
    dryRun: dryRun.includes('All'),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy ? { propagationPolicy: policy as 'Orphan' } : {}),
    ...(typeof given.orphanDependents === 'boolean' ? { orphanDependents: given.orphanDependents } : {}),
    ...(isObject(given.preconditions) ? { preconditions: given.preconditions } : {}),
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphans = query.get('orphanDependents');
  return {
    dryRun: query.getAll('dryRun'),
    ...(grace ? { gracePeriodSeconds: Number(grace) } : {}),
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(orphans ? { orphanDependents: isTrue(orphans) } : {}),
  };
}

function isObject(value: unknown): value is { uid?: string; resourceVersion?: string } {
  return typeof value === 'object' && value !== null;
}
