// What `up` and `status` ask of the control plane: whether it answers, whether nodes are ready, and to run the sample.

import { readFile } from 'node:fs/promises';
import { type Clock, Fault, sleep } from '@selvedge/base';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { type KubeObject, type ResourceType, resources } from '@selvedge/kubernetes';
import { YAML } from 'bun';

export type ClusterClient = KubeClient & AsyncDisposable;

export async function connectCluster(kubeconfig: string, clock: Clock): Promise<ClusterClient> {
  const { namespace: _, ...target } = await loadKubeconfig(kubeconfig);
  return createKubeClient({ ...target, clock, userAgent: 'selvedge-cli', maxRetries: 0 });
}

const readyTimeoutMs = 2_000;

/** Whether the API server whose kubeconfig this is answers that it is ready. */
export async function isClusterReady(kubeconfig: string, clock: Clock): Promise<boolean> {
  try {
    await using client = await connectCluster(kubeconfig, clock);
    await client.raw('GET', '/readyz', undefined, AbortSignal.timeout(readyTimeoutMs));
    return true;
  } catch {
    return false; // not written yet, not listening yet, not ready yet
  }
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
}

interface NodeObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export function readyCondition(node: NodeObject): Condition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === 'Ready');
}

export async function listNodes(client: KubeClient): Promise<NodeObject[]> {
  return [...(await client.list<NodeObject>(resources.nodes)).items];
}

export async function notReadyNodes(client: KubeClient, names: readonly string[]): Promise<string[]> {
  const nodes = await listNodes(client);
  const ready = new Set(
    nodes.filter((node) => readyCondition(node)?.status === 'True').map((node) => node.metadata?.name),
  );
  return names.filter((name) => !ready.has(name));
}

const fieldManager = 'selvedge-up';

/** Applies each object of a YAML file, in order; the answer names the deployments among them. */
export async function applyFile(client: KubeClient, path: string): Promise<string[]> {
  const documents = parseDocuments(await readFile(path, 'utf8'));
  const deployments: string[] = [];
  for (const object of documents) {
    const type = typeOf(object);
    const name = object.metadata?.name ?? '';
    const reference = type.namespaced
      ? { type, namespace: object.metadata?.namespace ?? 'default', name }
      : { type, name };
    await client.patch(reference, 'apply', object, { fieldManager, force: true });
    if (type.kind === 'Deployment') deployments.push(name);
  }
  return deployments;
}

function parseDocuments(text: string): KubeObject[] {
  const parsed: unknown = YAML.parse(text);
  return (Array.isArray(parsed) ? parsed : [parsed]).filter((one) => one !== null) as KubeObject[];
}

function typeOf(object: KubeObject): ResourceType {
  const type = Object.values(resources).find((one) => one.kind === object.kind);
  if (type) return type;
  throw new Fault('cli/sample', `the sample holds an object of kind ${object.kind}, which is not known here`);
}

interface DeploymentObject extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly availableReplicas?: number };
}

export async function isAvailable(client: KubeClient, name: string): Promise<boolean> {
  const reference = { type: resources.deployments, namespace: 'default', name };
  const { spec, status } = await client.get<DeploymentObject>(reference);
  return (status?.availableReplicas ?? 0) >= (spec?.replicas ?? 1);
}

const pollMs = 200;

export interface PollOptions {
  readonly what: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly hint: string;
}

/** Asks again until the answer is true; a fault `cli/not-ready` after the deadline. */
export async function pollUntil(isTrue: () => Promise<boolean>, options: PollOptions): Promise<void> {
  const { what, timeoutMs, clock, signal, hint } = options;
  const deadline = clock.monotonic() + timeoutMs;
  while (!(await isTrue())) {
    if (signal.aborted) throw new Fault('cli/interrupted', 'interrupted');
    if (clock.monotonic() > deadline) {
      throw new Fault('cli/not-ready', `${what}: not after ${Math.round(timeoutMs / 1000)} s`, { hint });
    }
    await sleep(clock, pollMs, signal);
  }
}
