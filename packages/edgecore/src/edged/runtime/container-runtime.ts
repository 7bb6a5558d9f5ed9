// What edged asks of a container runtime: the one interface between pods and CRI.

import type {
  AttachRequest,
  AuthConfig,
  ContainerConfig,
  ContainerStats,
  ExecRequest,
  FilesystemUsage,
  Image,
  LinuxContainerResources,
  PodSandboxConfig,
  RuntimeCondition,
} from '../cri/cri.gen.ts';

export interface Sandbox {
  readonly id: string;
  readonly podUid: string;
  readonly podName: string;
  readonly podNamespace: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAtMs: number;
}

export interface SandboxStatus extends Sandbox {
  /** Empty on the host's network and when the network is torn down. */
  readonly ips: readonly string[];
  readonly usesHostNetwork: boolean;
}

export type RunState = 'created' | 'running' | 'exited' | 'unknown';

export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: RunState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ContainerStatus extends Container {
  /** 0 when it never started. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  /** As the pod asked for it, if the runtime remembers. */
  readonly image: string;
  readonly imageRef: string;
  readonly logPath: string;
  /** Where on the host the container's paths are: the termination message for one. */
  readonly mounts: readonly { readonly containerPath: string; readonly hostPath: string }[];
}

export interface ExecResult {
  readonly exitCode: number;
  readonly output: Uint8Array;
}

/** Something has happened to a container or sandbox; `exited` when its process has ended. */
export interface RuntimeEvent {
  readonly id: string;
  readonly exited: boolean;
}

/**
 * All calls may be repeated: stopping what has stopped and removing what is gone succeed. A failed call rejects with a
 * Fault whose code is `runtime/…` and whose message is worded as a kubelet shows it.
 */
export interface ContainerRuntime extends AsyncDisposable {
  version(): Promise<{ readonly name: string; readonly version: string }>;
  conditions(): Promise<readonly RuntimeCondition[]>;

  listSandboxes(): Promise<Sandbox[]>;
  /** Undefined when there is no such sandbox. */
  sandboxStatus(id: string): Promise<SandboxStatus | undefined>;
  runSandbox(config: PodSandboxConfig, runtimeHandler?: string): Promise<string>;
  /** Ends all its containers hard, then its network; may take some seconds. */
  stopSandbox(id: string): Promise<void>;
  removeSandbox(id: string): Promise<void>;

  listContainers(): Promise<Container[]>;
  containerStatus(id: string): Promise<ContainerStatus | undefined>;
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** Asks to end, and ends hard after the timeout; resolves when it has ended. */
  stopContainer(id: string, timeoutS: number, signal?: AbortSignal): Promise<void>;
  removeContainer(id: string): Promise<void>;
  updateResources(id: string, resources: LinuxContainerResources): Promise<void>;
  reopenLog(id: string): Promise<void>;
  /** Rejects with `runtime/deadline-exceeded` when the command takes longer; a timeout of 0 is none. */
  exec(id: string, command: readonly string[], timeoutS: number, signal?: AbortSignal): Promise<ExecResult>;
  /** Addresses of the runtime's own streaming server, good for one use. */
  execUrl(request: ExecRequest): Promise<string>;
  attachUrl(request: AttachRequest): Promise<string>;
  portForwardUrl(sandboxId: string, ports: readonly number[]): Promise<string>;

  /** Undefined when the image is not here. */
  image(reference: string): Promise<Image | undefined>;
  images(): Promise<Image[]>;
  pullImage(reference: string, options: PullOptions): Promise<string>;
  removeImage(reference: string): Promise<void>;
  imageFilesystems(): Promise<readonly FilesystemUsage[]>;
  containerStats(): Promise<readonly ContainerStats[]>;

  /**
   * Calls back for each event until the signal aborts or the connection ends. Resolves `unsupported` when this runtime
   * tells of no events, so that one must list again and again.
   */
  watch(options: WatchOptions): Promise<'ended' | 'unsupported'>;
}

export interface PullOptions {
  readonly auth?: AuthConfig;
  readonly sandbox?: PodSandboxConfig;
  readonly signal?: AbortSignal;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Events from here on are told: what was before must be listed. */
  readonly onOpen: () => void;
  readonly onEvent: (event: RuntimeEvent) => void;
}
