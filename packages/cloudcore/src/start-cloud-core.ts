// Starts cloudcore: the hub's keys, the hub with its shards, the join endpoints, the controllers, the stream server, metrics.

import { hostname } from 'node:os';
import { type Clock, type Logger, systemClock, withoutUndefined } from '@selvedge/base';
import { createKubeClient, type KubeClient, loadKubeconfig } from '@selvedge/client';
import { certificateToPem, keyToPem } from '@selvedge/pki';
import { capability } from '@selvedge/wire';
import { CloudHub } from './cloudhub/cloud-hub.ts';
import type { Hub } from './cloudhub/hub.ts';
import { hubMetricsText, hubStatus } from './cloudhub/hub-metrics.ts';
import { CertificateIssuer } from './cloudhub/join/certificate-issuer.ts';
import { keepDefaultToken } from './cloudhub/join/default-token.ts';
import { ensureHubIdentity, type HubIdentity } from './cloudhub/join/hub-secrets.ts';
import { startJoinServer } from './cloudhub/join/join-server.ts';
import { defaultShardLimits } from './cloudhub/shard/protocol.ts';
import { ShardGroup } from './cloudhub/shard-group.ts';
import { publishStreamServer } from './cloudstream/publication.ts';
import { startStreamServer } from './cloudstream/stream-server.ts';
import { type CloudCoreConfig, cloudCoreDefaults, maxConnectionsPerShard, portOffset } from './config.ts';
import { EdgeController } from './edgecontroller/edge-controller.ts';
import { MetricRegistry } from './metrics.ts';
import { startMetricsServer } from './metrics-server.ts';
import { untilAnswered } from './until-answered.ts';

export interface CloudCoreOptions extends Partial<Omit<CloudCoreConfig, 'kubeconfig'>> {
  readonly kubeconfig: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** The hub shard program and its arguments; this package's own on the running Bun when absent. */
  readonly shardCommand?: readonly string[];
  /** Gives up a start that is under way, which else waits for the API server as long as it takes. */
  readonly signal?: AbortSignal;
}

export interface CloudCore extends AsyncDisposable {
  readonly hub: Hub;
  readonly hubPort: number;
  readonly joinPort: number;
  readonly streamPort: number;
  readonly metricsPort: number;
  readonly shardProcessIds: readonly number[];
  /** Rejects when cloudcore can not go on; resolves when it was stopped. */
  readonly finished: Promise<void>;
}

interface Parts {
  readonly config: CloudCoreConfig;
  readonly client: KubeClient;
  /** PEM of the cluster's CA. */
  readonly clusterCa: string;
  readonly identity: HubIdentity;
  readonly hub: CloudHub;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function startCloudCore(options: CloudCoreOptions): Promise<CloudCore> {
  const { logger, clock = systemClock, signal } = options;
  const config: CloudCoreConfig = { ...cloudCoreDefaults, ...withoutUndefined(options) };
  await using stack = new AsyncDisposableStack();
  const { namespace: _, ...target } = await loadKubeconfig(
    config.kubeconfig,
    config.context === '' ? { clock } : { clock, context: config.context },
  );
  const client = stack.use(createKubeClient({ ...target, clock, userAgent: 'selvedge-cloudcore' }));
  const identity = await untilAnswered(
    () => ensureHubIdentity({ client, clock, logger, hosts: config.advertise }),
    { clock, logger, signal },
  );
  const hub = stack.use(
    new CloudHub({
      clock,
      logger: logger.with({ part: 'cloudhub' }),
      nodeLimit: config.nodeLimit,
      capabilities: new Set(Object.values(capability)),
      maxMessageBytes: config.maxMessageBytes,
    }),
  );
  const metrics = new MetricRegistry();
  const parts = { config, client, clusterCa: target.ca ?? '', identity, hub, metrics, clock, logger };
  const controller = new EdgeController({
    client,
    hub,
    clusterCa: () => parts.clusterCa,
    keepOfflinePods: await untilAnswered(() => keepsOfflinePods(parts), { clock, logger, signal }),
    clock,
    logger: logger.with({ part: 'edgecontroller' }),
    metrics,
  });
  const streamPort = await startStreams(parts, controller, stack);
  const stopped = new AbortController();
  const runs = run(parts, controller, streamPort, stopped.signal);
  stack.defer(async () => {
    stopped.abort();
    // A failure has been told by `finished`; here only the end counts.
    await runs.catch(() => undefined);
  });
  // The hub opens last: whatever the first node says is heard.
  signal?.throwIfAborted();
  const ports = await startServers(parts, options.shardCommand, stack);
  logger.info('cloudcore ready', { hubPort: ports.hubPort, joinPort: ports.joinPort, streamPort });
  return cloudCore({ hub, ...ports, streamPort, runs, stack: stack.move() });
}

async function startServers(
  parts: Parts,
  shardCommand: readonly string[] | undefined,
  stack: AsyncDisposableStack,
) {
  const { config, client, identity, hub, metrics, clock, logger } = parts;
  const issuer = new CertificateIssuer({
    client,
    authority: identity.authority,
    hub,
    clock,
    logger: logger.with({ part: 'join' }),
    lifetimeDays: config.edgeCertificateDays,
    renewalGraceDays: config.renewalGraceDays,
  });
  const join = stack.use(
    await startJoinServer({
      hostname: hostOf(config),
      port: portOf(config.hubPort, portOffset.join),
      authority: identity.authority,
      server: identity.server,
      issuer,
      client,
      clock,
      logger: logger.with({ part: 'join' }),
    }),
  );
  const metricsServer = stack.use(
    await startMetricsServer({
      port: portOf(config.hubPort, portOffset.metrics),
      metrics: () => metrics.text() + hubMetricsText(hub),
      status: () => hubStatus(hub),
    }),
  );
  const shards = stack.use(await startShards(parts, shardCommand));
  return {
    hubPort: shards.port,
    joinPort: join.port,
    metricsPort: metricsServer.port,
    shardProcesses: () => shards.processIds,
  };
}

function startShards(parts: Parts, command: readonly string[] | undefined): Promise<ShardGroup> {
  const { config, identity, hub, clock, logger } = parts;
  return ShardGroup.start({
    count: config.shards || Math.ceil(config.nodeLimit / maxConnectionsPerShard),
    clock,
    logger: logger.with({ part: 'cloudhub' }),
    handlers: hub,
    ...(command ? { command } : {}),
    config: {
      hostname: hostOf(config),
      port: config.hubPort,
      certificate: certificateToPem(identity.server.certificate),
      key: keyToPem(identity.server.key),
      clientAuthority: certificateToPem(identity.authority.certificate),
      transport: 'bun',
      limits: {
        ...defaultShardLimits,
        maxConnections: maxConnectionsPerShard,
        maxMessageBytes: config.maxMessageBytes,
        keepaliveTimeoutMs: config.keepaliveTimeoutMs,
      },
    },
  });
}

async function startStreams(
  parts: Parts,
  controller: EdgeController,
  stack: AsyncDisposableStack,
): Promise<number> {
  const { config, identity, hub, metrics, clock, logger } = parts;
  const streams = stack.use(
    await startStreamServer({
      host: hostOf(config),
      port: portOf(config.hubPort, portOffset.stream),
      certificate: certificateToPem(identity.server.certificate),
      key: keyToPem(identity.server.key),
      clientCa: parts.clusterCa,
      hub,
      disconnectedSinceMs: (node) => controller.disconnectedSinceMs(node),
      clock,
      logger: logger.with({ part: 'cloudstream' }),
      metrics,
    }),
  );
  return streams.port;
}

/** Everything that goes on until the end; when one part fails, all end. */
async function run(
  parts: Parts,
  controller: EdgeController,
  streamPort: number,
  signal: AbortSignal,
): Promise<void> {
  const { client, identity, config, clock, logger } = parts;
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const host = config.advertise[0] ?? '127.0.0.1';
  const running = [
    controller.run(both),
    keepDefaultToken(
      { client, authority: identity.authority, clock, logger, refreshMs: config.tokenRefreshMs },
      both,
    ),
    publishStreamServer(
      {
        client,
        replica: `${hostname()}-${streamPort}`.replace(/[^-._a-zA-Z0-9]/g, '-'),
        url: `https://${host.includes(':') ? `[${host}]` : host}:${streamPort}`,
        ca: certificateToPem(identity.authority.certificate),
        clock,
        logger,
      },
      both,
    ),
  ];
  try {
    await Promise.all(running);
  } finally {
    failed.abort();
    await Promise.allSettled(running);
  }
}

async function keepsOfflinePods({ config, client }: Parts): Promise<boolean> {
  if (config.keepOfflinePods !== 'auto') return config.keepOfflinePods === 'yes';
  const version = await client.raw('GET', '/version');
  const isEmbedded =
    typeof version === 'object' &&
    version !== null &&
    'gitVersion' in version &&
    String(version.gitVersion).includes('+selvedge');
  return !isEmbedded;
}

/** Loopback alone, until there is an address to be reached by. */
function hostOf({ advertise }: CloudCoreConfig): string {
  if (advertise.length === 0) return '127.0.0.1';
  return advertise.some((address) => address.includes(':')) ? '::' : '0.0.0.0';
}

/** Port 0 stands for any free port, then for each of the servers. */
function portOf(hubPort: number, offset: number): number {
  return hubPort === 0 ? 0 : hubPort + offset;
}

function cloudCore(parts: {
  hub: CloudHub;
  hubPort: number;
  joinPort: number;
  metricsPort: number;
  streamPort: number;
  shardProcesses: () => readonly number[];
  runs: Promise<void>;
  stack: AsyncDisposableStack;
}): CloudCore {
  const { runs, stack, shardProcesses, ...rest } = parts;
  runs.catch(() => undefined);
  return {
    ...rest,
    get shardProcessIds() {
      return shardProcesses();
    },
    finished: runs,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
