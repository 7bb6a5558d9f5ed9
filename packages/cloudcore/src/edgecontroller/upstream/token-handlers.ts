// Service account tokens for a node's pods: only for the account that the pod uses, and bound to that pod.

import type { KubeClient } from '@selvedge/client';
import { type KubeObject, resources, type Stored, type TokenRequest } from '@selvedge/kubernetes';
import type { NodeIndex } from '../node-index.ts';
import type { NodeAccess, PodObject } from './access.ts';
import { forbidden } from './refusal.ts';
import { type Answer, contentObject, type EdgeRequest, recordAt, textAt } from './request.ts';

const tokenType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
} as const;

type TokenObject = TokenRequest & KubeObject;

export async function queryToken(
  client: KubeClient,
  access: NodeAccess,
  index: NodeIndex,
  request: EdgeRequest,
): Promise<Answer> {
  const { namespace, name, session } = request;
  const spec = recordAt(contentObject(request), 'spec') ?? {};
  const bound = recordAt(spec, 'boundObjectRef');
  const refuse = (why: string) => forbidden({ resource: 'serviceaccounts/token', name }, why);
  if (textAt(bound, 'kind') !== 'Pod')
    throw refuse(`node "${session.node}" requested a token not bound to a pod`);
  const podName = textAt(bound, 'name');
  const known = index.pod(session.node, namespace, podName);
  const audiences = audiencesOf(spec);
  const pod = known && audiences.length === 0 ? undefined : await access.readPod(namespace, podName);
  const uid = pod ? pod.metadata.uid : known?.uid;
  const account = pod ? pod.spec?.serviceAccountName : known?.serviceAccount;
  if (pod && pod.spec?.nodeName !== session.node)
    throw refuse(`the pod is not bound to node "${session.node}"`);
  if (!uid || uid !== textAt(bound, 'uid'))
    throw refuse(`there is no pod "${podName}" with this uid on the node`);
  if (account !== name) throw refuse(`pod "${podName}" uses another service account`);
  const foreign = pod ? audiences.filter((audience) => !hasAudience(pod, audience)) : [];
  if (foreign.length > 0)
    throw refuse(`pod "${podName}" asks for no token with audience ${foreign.join(', ')}`);
  const { expirationSeconds } = spec;
  const token = await client.create<TokenObject>(
    resources.serviceaccounts,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name, namespace },
      spec: {
        audiences,
        ...(typeof expirationSeconds === 'number' ? { expirationSeconds } : {}),
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: podName, uid },
      },
    },
    { subresource: 'token', name },
  );
  return { kind: 'object', object: typed(token) };
}

function typed(token: Stored<TokenObject>): KubeObject {
  return { kind: tokenType.kind, apiVersion: `${tokenType.group}/${tokenType.version}`, ...token };
}

function audiencesOf(spec: Record<string, unknown>): string[] {
  const { audiences } = spec;
  return Array.isArray(audiences) ? audiences.filter((one) => typeof one === 'string') : [];
}

/** The pod itself asks for a token with this audience, in a projected volume or for a CSI driver. */
function hasAudience(pod: Stored<PodObject>, audience: string): boolean {
  return (pod.spec?.volumes ?? []).some(
    (volume) =>
      volume.csi !== undefined ||
      volume.projected?.sources?.some((source) => source.serviceAccountToken?.audience === audience),
  );
}
