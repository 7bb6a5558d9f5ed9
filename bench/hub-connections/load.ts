// A load process of the bench: connects its share of the nodes, each with a certificate of its own, and acknowledges.
// Standard input: first the plan, one JSON line; then `ask` lines. Standard output: JSON lines.

import { createInterface } from 'node:readline';
import {
  certificateToPem,
  createClientIdentity,
  identityFromPem,
  keyToPem,
  nodeSubject,
} from '@selvedge/pki';
import { LoadNode, type LoadNodeCounts, type Wire } from './load-node.ts';

export interface LoadPlan {
  readonly hubPort: number;
  readonly authority: { readonly certificate: string; readonly key: string };
  readonly nodes: readonly string[];
  /** Connections that are being made at the same time. */
  readonly concurrency: number;
  readonly pods: number;
}

const keepaliveMs = 15_000;
/** Well below the ephemeral ports that one pair of addresses has. */
const connectionsPerAddress = 20_000;
const counts: LoadNodeCounts = { connected: 0, acknowledged: 0, failed: 0 };
const nodes: LoadNode[] = [];
/** Of each connection: from the first packet to the answered upgrade. */
const connectMs: number[] = [];

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function connectNode(plan: LoadPlan, index: number): Promise<void> {
  const name = plan.nodes[index] ?? '';
  const authority = identityFromPem(plan.authority.certificate, plan.authority.key);
  const identity = createClientIdentity(authority, {
    subject: nodeSubject(name),
    nowMs: Date.now(),
    lifetimeDays: 1,
  });
  const up = Promise.withResolvers<void>();
  const startedAtMs = performance.now();
  const node = new LoadNode(name, counts, up.resolve);
  await Bun.connect({
    hostname: `127.0.0.${1 + Math.floor(index / connectionsPerAddress)}`,
    port: plan.hubPort,
    tls: {
      ca: plan.authority.certificate,
      cert: certificateToPem(identity.certificate),
      key: keyToPem(identity.key),
      serverName: 'localhost',
      rejectUnauthorized: true,
    },
    socket: {
      binaryType: 'buffer',
      handshake(socket, success, error) {
        if (!success || error) up.reject(error ?? new Error('handshake failed'));
        else node.opened(socket as Wire);
      },
      data: (_socket, data) => node.received(data),
      drain: () => node.drained(),
      close: () => up.reject(new Error(`${name} was closed`)),
      error: (_socket, error) => up.reject(error),
    },
  });
  await up.promise;
  connectMs.push(performance.now() - startedAtMs);
  nodes.push(node);
}

async function connectAll(plan: LoadPlan): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < plan.nodes.length) {
      const index = next++;
      try {
        await connectNode(plan, index);
      } catch (error) {
        counts.failed++;
        console.error(String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  say({ connected: counts.connected, failed: counts.failed, timesMs: connectMs });
}

/** Keepalives spread over the interval, as those of a real fleet are. */
function keepAlive(): void {
  const slots = 150;
  let slot = 0;
  setInterval(() => {
    for (let index = slot; index < nodes.length; index += slots) nodes[index]?.keepAlive();
    slot = (slot + 1) % slots;
  }, keepaliveMs / slots);
}

/** Of each node: from its question for everything to the acknowledgement of its last pod. */
async function askAll(plan: LoadPlan): Promise<void> {
  const startedAtMs = performance.now();
  const served = nodes.map(async (node) => {
    await node.ask(plan.pods);
    return performance.now() - startedAtMs;
  });
  const timesMs = await Promise.all(served);
  say({ acknowledged: counts.acknowledged, failed: counts.failed, timesMs });
}

let plan: LoadPlan | undefined;
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  if (!plan) {
    plan = JSON.parse(line) as LoadPlan;
    keepAlive();
    void connectAll(plan);
  } else if (line === 'ask') void askAll(plan);
});
lines.on('close', () => process.exit(0));
