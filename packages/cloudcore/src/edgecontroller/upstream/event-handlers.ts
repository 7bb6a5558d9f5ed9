// Events that a node writes about itself and its pods.

import type { KubeClient } from '@selvedge/client';
import { type Event, type KubeObject, resources } from '@selvedge/kubernetes';
import type { NodeAccess } from './access.ts';
import { badRequest, forbidden, tooLarge } from './refusal.ts';
import { type Answer, contentObject, type EdgeRequest, recordAt } from './request.ts';

type EventObject = Event & KubeObject;

const maxEventBytes = 64 * 1024;

export async function insertEvent(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const event = await ownEvent(access, request, contentObject(request));
  const { resourceVersion: _, uid: __, ...metadata } = event.metadata ?? {};
  await client.create<EventObject>(resources.events, { ...event, metadata });
  return written(request);
}

export async function updateEvent(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const event = await ownEvent(access, request, contentObject(request));
  await requirePresent(client, access, request, event.metadata?.name ?? '');
  await client.update<EventObject>(resources.events, event);
  return written(request);
}

/** `{event, patchData}`: the event as it was, and a strategic merge patch as text or base64. */
export async function patchEvent(
  client: KubeClient,
  access: NodeAccess,
  request: EdgeRequest,
): Promise<Answer> {
  const content = contentObject(request);
  const present = recordAt(content, 'event');
  const patch = patchOf(content.patchData);
  if (!present || !patch) throw badRequest('an event patch needs event and patchData');
  const event = await ownEvent(access, request, present as KubeObject);
  const { involvedObject: _, metadata: __, ...fields } = patch;
  const reference = await requirePresent(client, access, request, event.metadata?.name ?? '');
  await client.patch<EventObject>(reference, 'strategic', fields);
  return written(request);
}

/** KubeEdge leaves events unanswered; ours keep an event until it is known to be written. */
function written(request: EdgeRequest): Answer {
  return request.session.capabilities.has('pipeline') ? { kind: 'text', text: 'OK' } : { kind: 'none' };
}

async function ownEvent(access: NodeAccess, request: EdgeRequest, content: KubeObject): Promise<EventObject> {
  if (JSON.stringify(content).length > maxEventBytes)
    throw tooLarge(`an event may have ${maxEventBytes} bytes`);
  const event = content as EventObject;
  await requireOwn(access, request, event);
  const name = event.metadata?.name || request.name;
  return {
    ...event,
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { ...event.metadata, name, namespace: request.namespace },
  };
}

/** The event that is to be changed is one of the node's already. */
async function requirePresent(client: KubeClient, access: NodeAccess, request: EdgeRequest, name: string) {
  const reference = { type: resources.events, namespace: request.namespace, name };
  await requireOwn(access, request, await client.get<EventObject>(reference));
  return reference;
}

/** The event is about the node, or about a pod on it; or about a pod that is gone, which it says it had. */
async function requireOwn(access: NodeAccess, request: EdgeRequest, event: EventObject): Promise<void> {
  const { session, namespace, name } = request;
  const about = event.involvedObject;
  if (about?.kind === 'Node' && about.name === session.node) return;
  if (about?.kind === 'Pod' && about.name && about.namespace === namespace) {
    if (await access.hasPod({ ...request, name: about.name })) return;
    const isGone = (await access.readPod(namespace, about.name)) === undefined;
    if (isGone && (event.source?.host === session.node || event.reportingInstance === session.node)) return;
  }
  throw forbidden({ resource: 'events', name }, `it is about an object that is not node "${session.node}"'s`);
}

function patchOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  if (typeof value !== 'string' || value.length > maxEventBytes) return undefined;
  const text = value.startsWith('{') ? value : Buffer.from(value, 'base64').toString();
  try {
    const patch: unknown = JSON.parse(text);
    return typeof patch === 'object' && patch !== null ? (patch as Record<string, unknown>) : undefined;
  } catch {
    // No JSON in either form: the caller refuses it.
    return undefined;
  }
}
