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
}

export interface Edged extends AsyncDisposable {
  readonly endpoint: KubeletEndpoint;
  /** Resolves when the runtime has answered and what runs on it has been taken over, or at the end; rejects when that failed. */
  readonly ready: Promise<void>;
}

const defaultMaxPods = 110;
const startLimits = { slots: availableParallelism() + 1, longestHoldMs: 5_000 };
const usualRuntimeName = 'containerd';

/**
 * Waits for no runtime: until one answers, the node reports that it is not ready, and why, and no pod is touched.
 * Containers run on after disposal.
 */
export async function startEdged(options: EdgedOptions): Promise<Edged> {
  await using stack = new AsyncDisposableStack();
  let ready = Promise.resolve();
  // What still waits for the runtime ends when its connection is closed.
  stack.defer(() => ready.catch(() => undefined));
  const runtimeName = { value: usualRuntimeName };
  const settings = await readSettings(options, runtimeName);
  let pods: PodManager | undefined;
  const context = createContext(options, { stack, settings, pods: () => pods });
  pods = stack.use(new PodManager(context));
  ready = takeOver(context, pods, runtimeName);
  ready.catch(() => undefined); // whoever has started this may look at it only later
  stack.use(new NodeReporter({ ...options, context })).start();
  const { runtime, cache, clock, logger } = context;
  stack.use(new LogRotation({ runtime, cache, clock, logger })).start();
  const endpoint = stack.use(lazyKubeletEndpoint({ context, socketPath: options.endpointSocket }));
  const owned = stack.move();
  return { endpoint, ready, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface ContextParts {
  /** Takes the parts that have to be ended. */
  readonly stack: AsyncDisposableStack;
  readonly settings: EdgedSettings;
  readonly pods: () => PodManager | undefined;
}

function createContext(options: EdgedOptions, { stack, settings, pods }: ContextParts): EdgedContext {
  const { store, logger, nodeName, rootDirectory, clock = systemClock } = options;
  const { nodeIp } = settings;
  const runtime = stack.use(
    options.runtime ?? connectCriRuntime({ endpoint: options.runtimeEndpoint, clock }),
  );
  const events = new EventRecorder({ clock, nodeName, send: (event) => store.recordEvent(event) });
  const onChange = (uid: string) => pods()?.runtimeChanged(uid);
  const onRecovered = () => pods()?.pokeAll();
  const cache = new PodRuntimeCache({ runtime, clock, logger, onChange, onRecovered });
  stack.defer(() => cache.stop());
  const probes = stack.use(new ProbeManager({ runtime, clock, logger, events, nodeIp, onChange }));
  const volumes = stack.use(
    new VolumeManager({
      store,
      clock,
      logger,
      rootDirectory,
      allocatable: () => settings.allocatable,
      addresses: (pod) => ({
        podIps: cache.pod(pod.metadata.uid)?.sandboxes[0]?.ips ?? [],
        hostIp: nodeIp,
      }),
    }),
  );
  const images = new ImageManager({ runtime, events, clock });
  const starts = new StartSlots({ clock, ...startLimits });
  return { store, clock, logger, runtime, cache, events, images, volumes, probes, starts, settings };
}

async function takeOver(
  { cache, runtime }: EdgedContext,
  pods: PodManager,
  runtimeName: { value: string },
): Promise<void> {
  await cache.start();
  const version = await runtime.version().catch(() => undefined); // its usual name will do
  runtimeName.value = version?.name || usualRuntimeName;
  await pods.start();
}

/** The runtime's name is known when it answers. */
async function readSettings(
  options: EdgedOptions,
  runtimeName: { readonly value: string },
): Promise<EdgedSettings> {
  const machine = await readMachine(options.rootDirectory);
  return {
    nodeName: options.nodeName,
    nodeIp: options.nodeIp,
    rootDirectory: options.rootDirectory,
    podLogDirectory: options.podLogDirectory,
    clusterDns: { servers: options.clusterDns ?? [], domain: options.clusterDomain ?? 'cluster.local' },
    nodeResolvConf: parseResolvConf(await readFile('/etc/resolv.conf', 'utf8').catch(() => '')),
    nodeHosts: await readFile('/etc/hosts', 'utf8').catch(() => ''),
    get runtimeName() {
      return runtimeName.value;
    },
    memoryBytes: machine.memoryBytes,
    allocatable: machine.allocatable,
    maxPods: options.maxPods ?? defaultMaxPods,
  };
}
