// The node's pod agent: makes the pods that the store wants run on a container runtime, and says how they are.

import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type Clock, type Logger, systemClock } from '@selvedge/base';
import type { NodeStore } from '../metamanager/node-store.ts';
import { parseResolvConf } from './containers/dns.ts';
import { connectCriRuntime } from './cri/cri-runtime.ts';
import type { EdgedContext, EdgedSettings } from './edged-context.ts';
import { lazyKubeletEndpoint } from './endpoint/lazy-endpoint.ts';
import { EventRecorder } from './event-recorder.ts';
import { ImageManager } from './images/image-manager.ts';
import type { KubeletEndpoint } from './kubelet-endpoint.ts';
import { LogRotation } from './logs/log-rotation.ts';
import { readMachine } from './node/machine.ts';
import { NodeReporter } from './node/node-reporter.ts';
import { PodManager } from './pods/pod-manager.ts';
import { ProbeManager } from './probes/probe-manager.ts';
import type { ContainerRuntime } from './runtime/container-runtime.ts';
import { PodRuntimeCache } from './runtime/pod-runtime-cache.ts';
import { StartSlots } from './runtime/start-slots.ts';
import { VolumeManager } from './volumes/volume-manager.ts';

export interface EdgedOptions {
  readonly store: NodeStore;
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Socket of a CRI v1 runtime. */
  readonly runtimeEndpoint: string;
  /** Volumes and other state of pods; kept over restarts. */
  readonly rootDirectory: string;
  readonly podLogDirectory: string;
  /** Where the node's own HTTP endpoint listens. */
  readonly endpointSocket: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly clusterDns?: readonly string[];
  readonly clusterDomain?: string;
  readonly maxPods?: number;
  readonly podSubnet?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** `KEY=VALUE:EFFECT`. */
  readonly taints?: readonly string[];
  /** Instead of the runtime behind `runtimeEndpoint`. */
  readonly runtime?: ContainerRuntime;
  /** Gives up the start, which else waits for the runtime as long as it takes. */
  readonly signal?: AbortSignal;
}

export interface Edged extends AsyncDisposable {
  readonly endpoint: KubeletEndpoint;
}

const defaultMaxPods = 110;
const startLimits = { slots: availableParallelism() + 1, longestHoldMs: 5_000 };

/** Resolves when the runtime answers and what runs on it has been taken over. Containers run on after disposal. */
export async function startEdged(options: EdgedOptions): Promise<Edged> {
  await using stack = new AsyncDisposableStack();
  const { store, logger } = options;
  const clock = options.clock ?? systemClock;
  const runtime = stack.use(
    options.runtime ?? connectCriRuntime({ endpoint: options.runtimeEndpoint, clock }),
  );
  const events = new EventRecorder({
    clock,
    nodeName: options.nodeName,
    send: (event) => store.recordEvent(event),
  });
  const settings = await readSettings(options, runtime);
  let pods: PodManager | undefined;
  const look = (uid: string) => pods?.runtimeChanged(uid);
  const cache = new PodRuntimeCache({
    runtime,
    clock,
    logger,
    onChange: look,
    onRecovered: () => pods?.pokeAll(),
  });
  stack.defer(() => cache.stop());
  const probes = stack.use(
    new ProbeManager({ runtime, clock, logger, events, nodeIp: settings.nodeIp, onChange: look }),
  );
  const volumes = stack.use(
    new VolumeManager({
      store,
      clock,
      logger,
      rootDirectory: options.rootDirectory,
      allocatable: () => settings.allocatable,
      addresses: (pod) => ({
        podIps: cache.pod(pod.metadata.uid)?.sandboxes[0]?.ips ?? [],
        hostIp: settings.nodeIp,
      }),
    }),
  );
  const images = new ImageManager({ runtime, events, clock });
  const context: EdgedContext = {
    store,
    clock,
    logger,
    runtime,
    cache,
    events,
    images,
    volumes,
    probes,
    starts: new StartSlots({ clock, ...startLimits }),
    settings,
  };
  await untilListed(cache, options.signal);
  pods = stack.use(new PodManager(context));
  await pods.start();
  stack.use(new NodeReporter({ ...options, context })).start();
  stack.use(new LogRotation({ runtime, cache, clock, logger })).start();
  const endpoint = stack.use(lazyKubeletEndpoint({ context, socketPath: options.endpointSocket }));
  const owned = stack.move();
  return { endpoint, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Rejects with the signal's reason when it aborts first. */
async function untilListed(cache: PodRuntimeCache, signal: AbortSignal | undefined): Promise<void> {
  const giveUp = () => cache.stop();
  signal?.addEventListener('abort', giveUp, { once: true });
  if (signal?.aborted) giveUp();
  await cache.start();
  signal?.removeEventListener('abort', giveUp);
  signal?.throwIfAborted();
}

async function readSettings(options: EdgedOptions, runtime: ContainerRuntime): Promise<EdgedSettings> {
  const machine = await readMachine(options.rootDirectory);
  const version = await runtime.version().catch(() => undefined); // not up yet: its usual name will do
  return {
    nodeName: options.nodeName,
    nodeIp: options.nodeIp,
    rootDirectory: options.rootDirectory,
    podLogDirectory: options.podLogDirectory,
    clusterDns: { servers: options.clusterDns ?? [], domain: options.clusterDomain ?? 'cluster.local' },
    nodeResolvConf: parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')),
    nodeHosts: await readFile('/etc/hosts', 'utf8').catch(() => ''),
    runtimeName: version?.name || 'containerd',
    memoryBytes: machine.memoryBytes,
    allocatable: machine.allocatable,
    maxPods: options.maxPods ?? defaultMaxPods,
  };
}
