// Starts an edge node from its directory: store, pods, link to the cloud, streams. Works the same with no cloud in sight.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, Fault, type Logger, systemClock } from '@selvedge/base';
import { capability } from '@selvedge/wire';
import { type EdgeCoreConfig, parseEndpoint } from './config.ts';
import { readConfig } from './config-file.ts';
import { lockDirectory } from './directory-lock.ts';
import { type KubeletEndpoint, startEdged } from './edged/index.ts';
import { EdgeHub } from './edgehub/edgehub.ts';
import { EdgeStream } from './edgestream/edgestream.ts';
import { addressTowards } from './host/address.ts';
import { runCertificateRotation } from './join/certificate-rotation.ts';
import { type NodeIdentity, readIdentity } from './join/identity-files.ts';
import { type MetaManager, openMetaManager } from './metamanager/meta-manager.ts';
import type { NodeStore } from './metamanager/node-store.ts';
import { StatusFile } from './status-file.ts';

export interface EdgeCoreOptions {
  /** Where `join` has put the node's configuration and keys, and where its state lies. */
  readonly directory: string;
  /** Options that win over those of `edgecore.json`, by their keys. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Gives up a start that is under way; what has started is stopped by disposal. */
  readonly signal?: AbortSignal;
}

export interface EdgeCore extends AsyncDisposable {
  readonly config: EdgeCoreConfig;
  /** Resolves when stopped; rejects when the node can not go on. */
  readonly finished: Promise<void>;
}

/** Our extensions, offered to every cloud; KubeEdge's pass over the header. */
const offered = [capability.pipeline, capability.streams, capability.digest, capability.lease];

export async function startEdgeCore(options: EdgeCoreOptions): Promise<EdgeCore> {
  const config = readConfig(options.directory, options.settings);
  if (config.hubEndpoints.length === 0)
    throw new Fault('edgecore/not-joined', 'edgecore.json names no cloud', {
      hint: 'join a cloud first: selvedge join HOST:PORT --token TOKEN',
    });
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  // Whoever started the program may look at the promise only later.
  finished.catch(() => undefined);
  const stack = new AsyncDisposableStack();
  try {
    await startParts({ ...options, config, stack, onFatal: reject });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return {
    config,
    finished,
    async [Symbol.asyncDispose]() {
      await stack.disposeAsync();
      resolve();
    },
  };
}

interface StartContext extends EdgeCoreOptions {
  readonly config: EdgeCoreConfig;
  /** Takes each part as it starts: stopping is starting reversed. */
  readonly stack: AsyncDisposableStack;
  readonly onFatal: (error: unknown) => void;
}

async function startParts(context: StartContext): Promise<void> {
  const { config, stack, logger } = context;
  mkdirSync(config.directory, { recursive: true, mode: 0o700 });
  stack.use(lockDirectory(config.directory));
  const identity = readIdentity(config);
  const metaManager = stack.use(openStore(context));
  const endpoint = await startPods(context, metaManager);
  const edgeStream = stack.use(
    new EdgeStream({
      openEndpoint: () => endpoint.open(),
      maxStreams: config.maxStreams,
      logger: logger.with({ module: 'edgestream' }),
    }),
  );
  const edgeHub = startEdgeHub(context, { metaManager, edgeStream, identity });
  keepCertificate(context, identity, edgeHub);
}

function openStore({ config, logger, clock = systemClock, onFatal }: StartContext): MetaManager {
  return openMetaManager({
    path: config.storeFile,
    nodeName: config.nodeName,
    maxStoreBytes: config.maxStoreBytes,
    maxStoredEvents: config.maxStoredEvents,
    logger: logger.with({ module: 'metamanager' }),
    clock,
    onFatal,
  });
}

async function startPods(context: StartContext, store: NodeStore): Promise<KubeletEndpoint> {
  const { config, stack, logger, clock = systemClock, signal } = context;
  const nodeIp = config.nodeIp || (await addressTowards(config.hubEndpoints[0] ?? ''));
  signal?.throwIfAborted();
  const edged = await startEdged({
    store,
    clock,
    logger: logger.with({ module: 'edged' }),
    nodeName: config.nodeName,
    nodeIp,
    runtimeEndpoint: config.runtimeEndpoint,
    rootDirectory: config.rootDirectory,
    podLogDirectory: config.podLogDirectory,
    endpointSocket: join(config.directory, 'kubelet.sock'),
    clusterDns: config.clusterDns,
    clusterDomain: config.clusterDomain,
    maxPods: config.maxPods,
    podSubnet: config.podSubnet,
    labels: config.labels,
    taints: config.taints,
  });
  stack.use(edged);
  // The link does not wait for it: a node whose runtime is down says so.
  edged.ready.catch(context.onFatal);
  return edged.endpoint;
}

interface HubParts {
  readonly metaManager: MetaManager;
  readonly edgeStream: EdgeStream;
  readonly identity: NodeIdentity;
}

function startEdgeHub(context: StartContext, { metaManager, edgeStream, identity }: HubParts): EdgeHub {
  const { config, stack, clock = systemClock } = context;
  const logger = context.logger.with({ module: 'edgehub' });
  const { directory, nodeName } = config;
  const startedAtMs = clock.now();
  const statusFile = stack.use(new StatusFile({ directory, node: nodeName, startedAtMs, logger }));
  const edgeHub = new EdgeHub({
    nodeName,
    identity,
    clock,
    logger,
    endpoints: config.hubEndpoints.map(parseEndpoint),
    capabilities: offered,
    maxMessageBytes: config.maxMessageBytes,
    messagesPerSecond: config.messagesPerSecond,
    stamps: { newId: randomUUID, nowMs: () => clock.now() },
    random: context.random,
    onUp: (link) => {
      edgeStream.linkUp(link);
      metaManager.linkUp(link);
    },
    onDown: () => {
      metaManager.linkDown();
      edgeStream.linkDown();
    },
    onMessage: (message, link) => metaManager.receive(message, link),
    onBinary: (payload) => edgeStream.receive(payload),
    onState: (state) => statusFile.write(state),
  });
  stack.use(edgeHub);
  edgeHub.start();
  return edgeHub;
}

function keepCertificate(context: StartContext, identity: NodeIdentity, edgeHub: EdgeHub): void {
  const { config, stack, clock = systemClock, random = Math.random } = context;
  const stop = new AbortController();
  const rotating = runCertificateRotation(
    {
      endpoint: parseEndpoint(config.joinEndpoint),
      nodeName: config.nodeName,
      paths: config,
      identity,
      clock,
      random,
      logger: context.logger.with({ module: 'certificate' }),
      onRotated: (renewed) => edgeHub.setIdentity(renewed),
    },
    stop.signal,
  );
  rotating.catch(context.onFatal);
  stack.defer(async () => {
    stop.abort();
    await rotating;
  });
}
