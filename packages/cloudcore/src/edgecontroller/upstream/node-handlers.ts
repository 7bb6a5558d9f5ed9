// What a node may do to its own Node: read it, register it, report its status, keep its labels.

import type { KubeClient } from '@selvedge/client';
import { type KubeObject, type Node, resources, type Stored } from '@selvedge/kubernetes';
import { withType } from '../resource-types.ts';
import { refusedLabels } from './node-labels.ts';
import { badRequest, forbidden } from './refusal.ts';
import { type Answer, contentObject, contentPatch, type EdgeRequest, recordAt } from './request.ts';
import { statusPatchOf } from './status-patch.ts';

type NodeObject = Node & KubeObject;

function ownNode(request: EdgeRequest) {
  const { name, session } = request;
  if (name !== session.node) {
    throw forbidden(
      { resource: 'nodes', name },
      `node "${session.node}" is not allowed to touch node "${name}"`,
    );
  }
  return { type: resources.nodes, name };
}

export async function queryNode(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownNode(request);
  return { kind: 'object', object: withType(await client.get(reference), resources.nodes) };
}

export async function insertNode(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const { name } = ownNode(request);
  const content = contentObject(request) as NodeObject;
  checkLabels(request, content, {});
  if ((content.metadata?.ownerReferences ?? []).length > 0) {
    throw forbidden({ resource: 'nodes', name }, 'a node may not give itself an owner');
  }
  const { labels, annotations } = content.metadata ?? {};
  const node: NodeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec: registeredSpec(content),
    status: content.status ?? {},
  };
  return { kind: 'result', object: await client.create<NodeObject>(resources.nodes, node) };
}

/** Only what a kubelet may say of its own spec when it registers. */
function registeredSpec(node: NodeObject): NonNullable<Node['spec']> {
  const { taints, unschedulable, providerID } = node.spec ?? {};
  return {
    ...(taints ? { taints } : {}),
    ...(unschedulable === undefined ? {} : { unschedulable }),
    ...(providerID ? { providerID } : {}),
  };
}

/** KubeEdge's node update: labels and annotations are added or changed, nothing else. */
export async function updateNode(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownNode(request);
  const content = contentObject(request) as NodeObject;
  const present = await client.get<NodeObject>(reference);
  checkLabels(request, content, present.metadata.labels ?? {});
  const { labels, annotations } = content.metadata ?? {};
  const metadata = { labels: stringsIn(labels), annotations: stringsIn(annotations) };
  const node = await client.patch<NodeObject>(reference, 'merge', { metadata });
  return { kind: 'text', text: 'OK', resourceVersion: node.metadata.resourceVersion };
}

/** A merge patch takes a null for a removal. */
function stringsIn(pairs: Readonly<Record<string, unknown>> | undefined): Record<string, string> {
  const kept = Object.entries(pairs ?? {}).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(kept) as Record<string, string>;
}

export async function patchNodeStatus(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownNode(request);
  const { patchType, patch } = contentPatch(request);
  const bound = statusPatchOf({ resource: 'nodes', name: reference.name }, patch);
  const node = await client.patch<NodeObject>(reference, patchType, bound, { subresource: 'status' });
  return { kind: 'result', object: node, versioned: true };
}

/** The whole status, as edges before v1.10 report it. */
export async function updateNodeStatus(client: KubeClient, request: EdgeRequest): Promise<Answer> {
  const reference = ownNode(request);
  const status = recordAt(contentObject(request), 'Status') ?? recordAt(contentObject(request), 'status');
  if (!status) throw badRequest('the content has no status');
  const { volumesAttached: _, ...reported } = status;
  const node: Stored<NodeObject> = await client.patch(
    reference,
    'merge',
    { status: reported },
    { subresource: 'status' },
  );
  return { kind: 'text', text: 'OK', resourceVersion: node.metadata.resourceVersion };
}

function checkLabels(
  request: EdgeRequest,
  node: NodeObject,
  present: Readonly<Record<string, string>>,
): void {
  const refused = refusedLabels(node.metadata?.labels ?? {}, present);
  if (refused.length === 0) return;
  const why = `is not allowed to modify labels: ${refused.join(', ')}`;
  throw forbidden({ resource: 'nodes', name: request.name }, `node "${request.session.node}" ${why}`);
}
