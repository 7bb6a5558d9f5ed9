// For tests: a hub with real shard processes, and nodes that join it.

import { createLogger, type Logger, systemClock } from '@selvedge/base';
import {
  certificateToPem,
  createClientIdentity,
  createKubeEdgeAuthority,
  createServerIdentity,
  keyToPem,
  nodeSubject,
} from '@selvedge/pki';
import type { Capability, Message } from '@selvedge/wire';
import { CloudHub } from './cloud-hub.ts';
import type { NodeSession } from './hub.ts';
import { defaultShardLimits, type ShardLimits } from './shard/protocol.ts';
import { ShardGroup } from './shard-group.ts';
import { TestNode } from './test-node.ts';

const authority = createKubeEdgeAuthority(Date.now());
const authorityPem = certificateToPem(authority.certificate);
const server = createServerIdentity(authority, {
  subject: { commonName: 'KubeEdge' },
  nowMs: Date.now(),
  lifetimeDays: 1,
  hosts: ['127.0.0.1', 'hub'],
});
const identities = new Map<string, ReturnType<typeof createClientIdentity>>();
/** What a hub's server shows, PEM. */
export const serverCertificate = {
  certificate: certificateToPem(server.certificate),
  key: keyToPem(server.key),
};
const everything: ReadonlySet<Capability> = new Set<Capability>(['pipeline', 'streams', 'digest', 'lease']);

export interface TestHubOptions {
  readonly shards?: number;
  readonly nodeLimit?: number;
  readonly limits?: Partial<ShardLimits>;
}

/** A hub with real shard processes, and what its listeners heard. */
export async function startHub(options: TestHubOptions = {}) {
  const events: string[] = [];
  const messages: Message[] = [];
  const logged: string[] = [];
  let wake: (() => void)[] = [];
  const changed = () => {
    const waiting = wake;
    wake = [];
    for (const one of waiting) one();
  };
  const logger = errorLogger((line) => {
    logged.push(line);
    changed();
  });
  const hub = new CloudHub({
    clock: systemClock,
    logger,
    nodeLimit: options.nodeLimit ?? 10,
    capabilities: everything,
    maxMessageBytes: 32 << 20,
  });
  hub.onConnected((session) => {
    events.push(`+${session.node}`);
    changed();
  });
  hub.onDisconnected((session, reason) => {
    events.push(`-${session.node} ${reason}`);
    changed();
  });
  hub.onMessage((_session, message) => {
    messages.push(message);
    changed();
  });
  const shards = await startShards(hub, logger, options);
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        wake.push(resolve);
      });
    }
  };
  const stop = async () => {
    hub[Symbol.dispose]();
    await shards[Symbol.asyncDispose]();
  };
  return { hub, shards, events, messages, logged, until, stop };
}

function errorLogger(write: (line: string) => void): Logger {
  return createLogger({ level: 'error', format: 'text', now: () => 0, write });
}

function startShards(handlers: CloudHub, logger: Logger, options: TestHubOptions): Promise<ShardGroup> {
  return ShardGroup.start({
    count: options.shards ?? 1,
    clock: systemClock,
    logger,
    handlers,
    config: {
      hostname: '127.0.0.1',
      port: 0,
      ...serverCertificate,
      clientAuthority: authorityPem,
      transport: 'bun',
      limits: { ...defaultShardLimits, ...options.limits },
    },
  });
}

export type TestHub = Awaited<ReturnType<typeof startHub>>;
const nodes: TestNode[] = [];

/** After each test. */
export function disconnectNodes(): void {
  for (const node of nodes.splice(0)) node[Symbol.dispose]();
}

export async function join(
  hub: TestHub,
  name: string,
  headers: Record<string, string> = {},
): Promise<TestNode> {
  const identity =
    identities.get(name) ??
    createClientIdentity(authority, { subject: nodeSubject(name), nowMs: Date.now(), lifetimeDays: 1 });
  identities.set(name, identity);
  const node = await TestNode.connect({
    port: hub.shards.port,
    authority: authorityPem,
    identity,
    headers: { node_id: name, project_id: 'p', ConnectionUse: 'msg', ...headers },
  });
  nodes.push(node);
  return node;
}

export async function joined(
  hub: TestHub,
  name: string,
  capabilities = '',
): Promise<[TestNode, NodeSession]> {
  const headers: Record<string, string> = capabilities ? { 'Selvedge-Capabilities': capabilities } : {};
  const node = await join(hub, name, headers);
  const session = hub.hub.session(name);
  if (!session) throw new Error('no session');
  return [node, session];
}
