// Who may have a session: the decision on a client's request to connect, apart from what it takes to carry it out.

import { closeCode } from '@selvedge/base/websocket';
import type { ConnectRequest } from './shard/protocol.ts';

export interface AdmissionState {
  readonly nodeLimit: number;
  readonly connectedNodes: number;
  readonly isConnected: boolean;
}

export type Admission =
  | { readonly kind: 'admit'; readonly node: string }
  | { readonly kind: 'refuse'; readonly code: number; readonly reason: string };

/** A node is who its certificate says it is: what its headers claim must agree. */
export function decideAdmission(request: ConnectRequest, state: AdmissionState): Admission {
  const { certificateNode, claimedNode } = request;
  if (certificateNode === undefined) {
    return refuse(closeCode.policyViolation, 'the client certificate names no node (CN=system:node:NAME)');
  }
  if (claimedNode !== certificateNode) {
    const reason = `the certificate is of node "${certificateNode}", node_id says "${claimedNode}"`;
    return refuse(closeCode.policyViolation, reason);
  }
  if (request.connectionUse !== 'msg') {
    return refuse(closeCode.policyViolation, 'the header ConnectionUse must be "msg"');
  }
  if (!state.isConnected && state.connectedNodes >= state.nodeLimit) {
    return refuse(closeCode.tryAgainLater, `the limit of ${state.nodeLimit} nodes is reached`);
  }
  return { kind: 'admit', node: certificateNode };
}

function refuse(code: number, reason: string): Admission {
  return { kind: 'refuse', code, reason };
}
