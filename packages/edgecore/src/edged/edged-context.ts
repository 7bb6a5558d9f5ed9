// What the parts of edged share: its collaborators and settings, made once by edged.ts.

import type { Clock, Logger } from '@selvedge/base';
import type { NodeStore } from '../metamanager/node-store.ts';
import type { ClusterDns, ResolvConf } from './containers/dns.ts';
import type { NodeAllocatable } from './containers/field-path.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { ImageManager } from './images/image-manager.ts';
import type { ProbeManager } from './probes/probe-manager.ts';
import type { ContainerRuntime } from './runtime/container-runtime.ts';
import type { PodRuntimeCache } from './runtime/pod-runtime-cache.ts';
import type { StartSlots } from './runtime/start-slots.ts';
import type { VolumeManager } from './volumes/volume-manager.ts';

export interface EdgedSettings {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly rootDirectory: string;
  readonly podLogDirectory: string;
  readonly clusterDns: ClusterDns;
  readonly nodeResolvConf: ResolvConf;
  readonly nodeHosts: string;
  readonly runtimeName: string;
  readonly memoryBytes: number;
  readonly allocatable: NodeAllocatable;
  readonly maxPods: number;
}

export interface EdgedContext {
  readonly store: NodeStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runtime: ContainerRuntime;
  readonly cache: PodRuntimeCache;
  readonly events: EventRecorder;
  readonly images: ImageManager;
  readonly volumes: VolumeManager;
  readonly probes: ProbeManager;
  readonly starts: StartSlots;
  readonly settings: EdgedSettings;
}

export function seccompRoot(settings: EdgedSettings): string {
  return `${settings.rootDirectory}/seccomp`;
}
