// What a node may read because its pods refer to it: ConfigMaps, Secrets, volumes and their claims.

import type { KubeClient } from '@selvedge/client';
import { isApiFault } from '@selvedge/client';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import { wireTypes, withType } from '../resource-types.ts';
import type { NodeAccess } from './access.ts';
import { badRequest, forbidden } from './refusal.ts';
import { type Answer, type EdgeRequest, recordAt, textAt } from './request.ts';

export async function queryReferenced(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const { type } = request;
  if (type !== 'configmap' && type !== 'secret' && type !== 'persistentvolumeclaim')
    throw badRequest('wrong type');
  access.requireReference(request, type);
  return { kind: 'object', acknowledged: true, object: await read(client, request) };
}

/** A volume is the node's business when it is bound to a claim that one of the node's pods uses. */
export async function queryVolume(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const { session, name } = request;
  const refusal = forbidden(
    { resource: 'persistentvolumes', name },
    `no pod of node "${session.node}" uses it`,
  );
  const volume = await readOrRefuse(client, request, refusal);
  const claim = recordAt(recordAt(volume, 'spec'), 'claimRef');
  const used = access.refers(
    session.node,
    textAt(claim, 'namespace'),
    'persistentvolumeclaim',
    textAt(claim, 'name'),
  );
  if (!used) throw refusal;
  return { kind: 'object', acknowledged: true, object: volume };
}

export async function queryAttachment(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const { session, name } = request;
  const refusal = forbidden({ resource: 'volumeattachments', name }, `it is not for node "${session.node}"`);
  const attachment = await readOrRefuse(client, request, refusal);
  if (textAt(recordAt(attachment, 'spec'), 'nodeName') !== session.node) throw refusal;
  return { kind: 'object', acknowledged: true, object: attachment };
}

/** Whether an object exists is no node's business either unless the object is. */
async function readOrRefuse(
  client: KubeClient,
  request: EdgeRequest,
  refusal: Error,
): Promise<Stored<KubeObject>> {
  try {
    return await read(client, request);
  } catch (error) {
    if (isApiFault(error, 'NotFound')) throw refusal;
    throw error;
  }
}

async function read(client: KubeClient, request: EdgeRequest): Promise<Stored<KubeObject>> {
  const type = wireTypes[request.type];
  if (!type) throw badRequest(`unknown type ${request.type}`);
  const { namespace, name } = request;
  return withType(await client.get(type.namespaced ? { type, namespace, name } : { type, name }), type);
}
