// Which messages from the cloud an edge must acknowledge, and how: KubeEdge's rule, to the letter.
// Source: KubeEdge cloud/pkg/cloudhub/dispatcher/message_dispatcher.go, noAckRequired.

import type { Message } from './message.ts';
import { isErrorContent } from './reply.ts';
import { parseResource } from './resource.ts';
import { kubernetesAuthorityResource, okContent, operation, resourceType, source } from './vocabulary.ts';

/** Matched anywhere in the resource, object names included: that is how KubeEdge does it. */
const unacknowledgedTexts = [
  resourceType.podList,
  'membership',
  'twin/cloud_updated',
  resourceType.serviceAccountToken,
  kubernetesAuthorityResource,
] as const;

const volumeOperations: ReadonlySet<string> = new Set([
  'createvolume',
  'deletevolume',
  'controllerpublishvolume',
  'controllerunpublishvolume',
]);

const unacknowledgedTypes: ReadonlySet<string> = new Set([
  resourceType.lease,
  resourceType.nodePatch,
  resourceType.podPatch,
  resourceType.podStatus,
  resourceType.certificateSigningRequest,
]);

/** Whether a message from the cloud, its resource as on the wire, waits for the edge's acknowledgement. */
export function needsAcknowledgement(message: Message): boolean {
  const { route, content } = message;
  if (unacknowledgedTexts.some((text) => route.resource.includes(text))) return false;
  if (volumeOperations.has(route.operation) || route.operation === operation.applicationResponse)
    return false;
  if (route.group === 'user') return false;
  if (route.source === source.taskManager || route.source === source.nodeUpgradeJobController) return false;
  if (route.operation === operation.response && (content === okContent || isErrorContent(content)))
    return false;
  return route.source !== source.edgeController || edgeControllerTypeNeeds(route);
}

function edgeControllerTypeNeeds(route: Message['route']): boolean {
  const type = parseResource(route.resource)?.type ?? '';
  if (type === resourceType.node) return route.operation === operation.update;
  if (type === resourceType.pod) return route.operation !== operation.response;
  return !unacknowledgedTypes.has(type);
}

/** Whether a message from an edge acknowledges (or refuses) one of ours. */
export function acknowledgedId(message: Message): string | undefined {
  return message.route.operation === operation.response ? message.header.parent_msg_id : undefined;
}
