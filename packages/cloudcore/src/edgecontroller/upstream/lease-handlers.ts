// The node's own Lease, for edges that renew it themselves.

import type { KubeClient } from '@selvedge/client';
import { type KubeObject, type Lease, nodeLeaseNamespace, resources } from '@selvedge/kubernetes';
import { withType } from '../resource-types.ts';
import { forbidden } from './refusal.ts';
import { type Answer, contentObject, type EdgeRequest } from './request.ts';

type LeaseObject = Lease & KubeObject;

function ownLease(request: EdgeRequest) {
  const { name, namespace, session } = request;
  if (namespace !== nodeLeaseNamespace || name !== session.node) {
    const why = `node "${session.node}" can only access its own lease in namespace "${nodeLeaseNamespace}"`;
    throw forbidden({ resource: 'leases', name }, why);
  }
  return { type: resources.leases, namespace, name };
}

export async function queryLease(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownLease(request);
  return { kind: 'result', object: withType(await client.get<LeaseObject>(reference), resources.leases) };
}

export async function insertLease(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownLease(request);
  return { kind: 'result', object: await client.create(resources.leases, leaseOf(request, reference)) };
}

export async function updateLease(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownLease(request);
  return { kind: 'result', object: await client.update(resources.leases, leaseOf(request, reference)) };
}

/** The lease as the edge wrote it, under the node's own name whatever the content says. */
function leaseOf(
  request: EdgeRequest,
  { namespace, name }: { namespace: string; name: string },
): LeaseObject {
  const { metadata, spec } = contentObject(request) as LeaseObject;
  const { uid, resourceVersion, ownerReferences } = metadata ?? {};
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace,
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(ownerReferences ? { ownerReferences: ownReferences(request, ownerReferences) } : {}),
    },
    spec: spec ?? {},
  };
}

/** Only the node itself may own its lease. */
function ownReferences(
  request: EdgeRequest,
  references: NonNullable<LeaseObject['metadata']>['ownerReferences'],
) {
  return (references ?? []).filter(({ kind, name }) => kind === 'Node' && name === request.session.node);
}
