// Whether a certificate for a node may be issued: the decision, apart from asking the API and signing.
//
// A token lets a machine join as a new node. It does not let it become a node that exists: who finds a token could take over
// an edge that happens to be offline, with all its secrets. An existing node renews with its own certificate; to let a wiped
// machine join again under its name, delete the Node, or annotate it, or make a token for that node alone.
//
// A certificate renews itself while it is valid, whether or not its Node is there, as with KubeEdge and with kubelets: with
// it the machine could register the Node again at once, so that a refusal would take nothing from it, and would lock out an
// edge whose Node was deleted by mistake. After its end a certificate opens nothing but this door, and only for a Node that
// still is: who deleted the Node of a machine that was away has said that it need not come back.

export const rejoinAnnotation = 'selvedge.io/allow-rejoin';

export interface IssueRequest {
  readonly node: string;
  /** How the asker proved itself: a token (perhaps bound to one node), or the certificate of a node. */
  readonly proof:
    | { readonly kind: 'token'; readonly boundNode: string | undefined }
    | { readonly kind: 'certificate'; readonly node: string; readonly hasExpired: boolean };
  /** The Node object's annotations; undefined when there is no such Node. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly isConnected: boolean;
  /** A certificate for this name went to another key moments ago, and its Node is not there yet. */
  readonly isBeingTaken: boolean;
}

export type IssueDecision =
  | { readonly kind: 'issue'; readonly usesAnnotation: boolean }
  | { readonly kind: 'refuse'; readonly status: 403 | 409; readonly reason: string };

export function decideIssue(request: IssueRequest): IssueDecision {
  const { node, proof, annotations } = request;
  if (proof.kind === 'certificate') {
    if (proof.node === node) return decideRenewal(request, proof.hasExpired);
    return refuse(403, `the certificate is of node "${proof.node}", it can not get one for node "${node}"`);
  }
  if (proof.boundNode !== undefined) {
    if (proof.boundNode === node) return issue();
    return refuse(403, `the token is for node "${proof.boundNode}" alone`);
  }
  if (annotations?.[rejoinAnnotation] === 'true') return { kind: 'issue', usesAnnotation: true };
  if (annotations !== undefined || request.isConnected) return refuse(409, existsReason(node));
  if (request.isBeingTaken) {
    return refuse(
      409,
      `another machine has just joined as node "${node}"; choose another name, or try again in a minute`,
    );
  }
  return issue();
}

function decideRenewal({ node, annotations }: IssueRequest, hasExpired: boolean): IssueDecision {
  if (!hasExpired || annotations !== undefined) return issue();
  return refuse(
    403,
    `the certificate of node "${node}" has expired and the Node was deleted meanwhile: join with a token`,
  );
}

function existsReason(node: string): string {
  return (
    `node "${node}" exists already. To let this machine take its place, delete it (kubectl delete node ${node}), ` +
    `or allow it once (kubectl annotate node ${node} ${rejoinAnnotation}=true), ` +
    `or make a token for it (selvedge token create --node ${node})`
  );
}

function issue(): IssueDecision {
  return { kind: 'issue', usesAnnotation: false };
}

function refuse(status: 403 | 409, reason: string): IssueDecision {
  return { kind: 'refuse', status, reason };
}
