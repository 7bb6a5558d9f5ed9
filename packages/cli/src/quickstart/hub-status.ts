// What cloudcore on this machine says of the nodes that are connected to it: since when, and what still waits to be acknowledged.

import { portOffset } from '@selvedge/cloudcore';

export interface ConnectedNode {
  readonly connectedSince: string;
  readonly pendingDeliveries: number;
}

const answerTimeoutMs = 2_000;
/** A hundred thousand nodes take a quarter of it. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** By node name; undefined while no cloudcore answers. */
export async function connectedNodes(
  hubPort: number,
): Promise<ReadonlyMap<string, ConnectedNode> | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${hubPort + portOffset.metrics}/status`, {
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    if (!answer.ok || Number(answer.headers.get('content-length')) > maxAnswerBytes) return undefined;
    return readNodes(await answer.json());
  } catch {
    return undefined; // it does not run, or another program has its port: the rest of the status is shown without it
  }
}

function readNodes(answer: unknown): ReadonlyMap<string, ConnectedNode> | undefined {
  const nodes: unknown =
    typeof answer === 'object' && answer !== null && 'nodes' in answer ? answer.nodes : null;
  if (typeof nodes !== 'object' || nodes === null) return undefined;
  const entries = Object.entries(nodes).filter((entry): entry is [string, ConnectedNode] => isNode(entry[1]));
  return new Map(entries);
}

function isNode(value: unknown): value is ConnectedNode {
  if (typeof value !== 'object' || value === null) return false;
  const { connectedSince, pendingDeliveries } = value as Partial<ConnectedNode>;
  return typeof connectedSince === 'string' && typeof pendingDeliveries === 'number';
}
