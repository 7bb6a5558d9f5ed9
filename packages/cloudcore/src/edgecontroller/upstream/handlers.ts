// What an edge may ask for: by type and operation, who answers, and in which of KubeEdge's forms a refusal goes back.

import type { KubeClient } from '@selvedge/client';
import type { NodeIndex } from '../node-index.ts';
import { NodeAccess } from './access.ts';
import { insertSigningRequest, querySigningRequest } from './certificate-handlers.ts';
import { insertEvent, patchEvent, updateEvent } from './event-handlers.ts';
import { insertLease, queryLease, updateLease } from './lease-handlers.ts';
import { insertNode, patchNodeStatus, queryNode, updateNode, updateNodeStatus } from './node-handlers.ts';
import { queryAttachment, queryReferenced, queryVolume } from './object-handlers.ts';
import { deletePod, insertPod, patchPodStatus, queryPod, updatePodStatuses } from './pod-handlers.ts';
import type { Answer, EdgeRequest } from './request.ts';
import { queryToken } from './token-handlers.ts';

export interface Handler {
  /** `result`: `{"Object", "Err"}`; `plain`: the Status alone, as a Go error travels. */
  readonly refusal: 'result' | 'plain';
  readonly handle: (request: EdgeRequest) => Promise<Answer>;
}

export interface HandlerOptions {
  readonly client: KubeClient;
  readonly index: NodeIndex;
  /** The CA of the cluster's API server, PEM. */
  readonly clusterCa: () => string;
}

/** Handlers by `<type>/<operation>`. What is not here is nothing that an edge may do. */
export function createHandlers({ client, index, clusterCa }: HandlerOptions): ReadonlyMap<string, Handler> {
  const access = new NodeAccess(client, index);
  const plain = (handle: Handler['handle']): Handler => ({ refusal: 'plain', handle });
  const result = (handle: Handler['handle']): Handler => ({ refusal: 'result', handle });
  const referenced = plain((request) => queryReferenced(client, access, request));
  return new Map<string, Handler>([
    ['node/query', plain((request) => queryNode(client, request))],
    ['node/insert', result((request) => insertNode(client, request))],
    ['node/update', plain((request) => updateNode(client, request))],
    ['nodestatus/update', plain((request) => updateNodeStatus(client, request))],
    ['nodepatch/patch', result((request) => patchNodeStatus(client, request))],
    ['pod/query', plain((request) => queryPod(client, access, request))],
    ['pod/insert', result((request) => insertPod(client, request))],
    ['pod/delete', plain((request) => deletePod(client, access, request))],
    ['podpatch/patch', result((request) => patchPodStatus(client, access, request))],
    ['podstatus/update', plain((request) => updatePodStatuses(client, access, request))],
    ['configmap/query', referenced],
    ['secret/query', referenced],
    ['persistentvolumeclaim/query', referenced],
    ['persistentvolume/query', plain((request) => queryVolume(client, access, request))],
    ['volumeattachment/query', plain((request) => queryAttachment(client, request))],
    ['serviceaccounttoken/query', plain((request) => queryToken(client, access, index, request))],
    ['lease/query', result((request) => queryLease(client, request))],
    ['lease/insert', result((request) => insertLease(client, request))],
    ['lease/update', result((request) => updateLease(client, request))],
    ['event/insert', plain((request) => insertEvent(client, access, request))],
    ['event/update', plain((request) => updateEvent(client, access, request))],
    ['event/patch', plain((request) => patchEvent(client, access, request))],
    ['certificatesigningrequest/insert', result((request) => insertSigningRequest(client, request))],
    ['certificatesigningrequest/query', plain((request) => querySigningRequest(client, request))],
    ['ca.crt/query', plain(async () => ({ kind: 'text', text: clusterCa() }))],
  ]);
}
