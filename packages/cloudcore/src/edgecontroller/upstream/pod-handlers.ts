// What a node may do to pods: report the status of its own, finish their deletion, show its static ones as mirror pods.

import type { DeleteOptions, KubeClient } from '@selvedge/client';
import { type KubeObject, type PodStatus, resources, type Stored } from '@selvedge/kubernetes';
import { deletionStub, downstreamMessage } from '../downstream-message.ts';
import { resourceKey } from '../pod-references.ts';
import { withType } from '../resource-types.ts';
import type { NodeAccess, PodObject } from './access.ts';
import { checkMirrorPod } from './mirror-pod.ts';
import { badRequest, forbidden, statusOf } from './refusal.ts';
import {
  type Answer,
  contentObject,
  contentPatch,
  type EdgeRequest,
  maxContentBytes,
  ok,
  recordAt,
  textAt,
} from './request.ts';
import { statusPatchOf } from './status-patch.ts';

/** Pods in one legacy status message. */
const maxStatuses = 500;

export async function queryPod(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  await access.requirePod(request);
  const { namespace, name } = request;
  return {
    kind: 'object',
    acknowledged: true,
    object: withType(await client.get({ type: resources.pods, namespace, name }), resources.pods),
  };
}

export async function patchPodStatus(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const { namespace, name, session } = request;
  const { patchType, patch } = contentPatch(request);
  const { metadata, ...rest } = statusPatchOf({ resource: 'pods', name }, patch);
  const uid = await access.requirePod(request, metadata?.uid);
  const reference = { type: resources.pods, namespace, name };
  const bound = { ...rest, metadata: { ...metadata, uid } };
  const pod = await client.patch<PodObject>(reference, patchType, bound, { subresource: 'status' });
  // Our edges know the pod that they report on: they need its new version, not the pod.
  const object: KubeObject = session.capabilities.has('pipeline') ? metadataOnly(pod) : pod;
  return { kind: 'result', object, versioned: true };
}

function metadataOnly({ metadata }: Stored<PodObject>): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = metadata;
  return {
    metadata: { name, namespace, uid, resourceVersion, ...(deletionTimestamp ? { deletionTimestamp } : {}) },
  };
}

export async function deletePod(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const { namespace, name, session } = request;
  const options = deleteOptions(request);
  try {
    const uid = await access.requirePod(request, options.preconditions?.uid);
    const bound = { ...options, preconditions: { uid } };
    await client.delete({ type: resources.pods, namespace, name }, bound);
  } catch (error) {
    // A Go edge deletes the same pod twice and is told OK each time.
    if (statusOf(error).reason !== 'NotFound' || session.capabilities.has('pipeline')) throw error;
  }
  return ok;
}

/** DeleteOptions, or the bare uid that old edges send. */
function deleteOptions(request: EdgeRequest): DeleteOptions {
  const { content } = request.message;
  if (typeof content === 'string' && content !== '' && !content.startsWith('{')) {
    return { gracePeriodSeconds: 0, preconditions: { uid: content } };
  }
  if (content === null || content === undefined || content === '') return { gracePeriodSeconds: 0 };
  const options = contentObject(request);
  const uid = textAt(recordAt(options, 'preconditions'), 'uid');
  const grace = options.gracePeriodSeconds;
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(uid ? { preconditions: { uid } } : {}),
  };
}

export async function insertPod(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const { namespace, name, session } = request;
  const pod = contentObject(request) as PodObject;
  if (pod.metadata?.name !== name || (pod.metadata.namespace ?? namespace) !== namespace) {
    throw badRequest('the pod has another name than the resource');
  }
  checkMirrorPod(pod, session.node);
  const { status: _, ...created } = pod;
  const object = { ...created, metadata: { ...pod.metadata, namespace } } as PodObject;
  return { kind: 'result', object: await client.create<PodObject>(resources.pods, object) };
}

interface ReportedStatus {
  readonly uid: string;
  readonly name: string;
  readonly status: Record<string, unknown>;
}

/** KubeEdge's older report: one status, or with no name in the resource several of one namespace. */
export async function updatePodStatuses(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  for (const reported of reportedStatuses(request)) {
    const one = { ...request, name: reported.name };
    const present = await access.readPod(request.namespace, reported.name);
    if (!present || present.metadata.uid !== reported.uid) {
      stopOrphan(one);
      continue;
    }
    await access.requirePod(one, reported.uid);
    await reportStatus(client, present, reported);
  }
  return ok;
}

async function reportStatus(
  client: KubeClient,
  pod: Stored<PodObject>,
  reported: ReportedStatus,
): Promise<void> {
  const { namespace, name } = pod.metadata;
  const reference = { type: resources.pods, ...(namespace ? { namespace } : {}), name };
  const startTime = pod.status?.startTime ?? reported.status.startTime;
  const patch = {
    metadata: { uid: reported.uid },
    status: { ...reported.status, ...(startTime ? { startTime } : {}) },
  };
  await client.patch(reference, 'merge', patch, { subresource: 'status' });
  const status = reported.status as PodStatus;
  const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
  const running = (status.containerStatuses ?? []).some((container) => container.state?.running);
  if (pod.metadata.deletionTimestamp === undefined || !ended || running) return;
  await client.delete(reference, { gracePeriodSeconds: 0, preconditions: { uid: reported.uid } });
}

/** The pod that the node reports on is gone: it is told to stop it. */
function stopOrphan({ session, namespace, name, message }: EdgeRequest): void {
  const key = resourceKey(namespace, 'pod', name);
  session.deliver(
    downstreamMessage({
      operation: 'delete',
      key,
      content: deletionStub(key, ''),
      nowMs: message.header.timestamp,
    }),
    { uid: '' },
  );
}

function reportedStatuses(request: EdgeRequest): ReportedStatus[] {
  const { content } = request.message;
  const list = Array.isArray(content) ? content : [content];
  if (list.length > maxStatuses) throw badRequest(`${list.length} statuses, ${maxStatuses} are allowed`);
  if (JSON.stringify(content).length > maxContentBytes) throw badRequest('the statuses are too large');
  return list.map((item) => {
    const uid = textAt(item, 'UID') || textAt(item, 'uid');
    const name = textAt(item, 'Name') || textAt(item, 'name') || request.name;
    const status = recordAt(item, 'Status') ?? recordAt(item, 'status');
    if (!uid || !name || !status) throw badRequest('a pod status needs UID, Name and Status');
    if (request.name && name !== request.name) {
      throw forbidden({ resource: 'pods', name }, 'the status is for another pod than the resource');
    }
    return { uid, name, status };
  });
}
