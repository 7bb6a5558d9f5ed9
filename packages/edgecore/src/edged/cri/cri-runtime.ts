// The container runtime behind a CRI v1 socket, such as containerd's.

import { type Clock, isFault } from '@selvedge/base';
import type {
  ContainerRuntime,
  ContainerStatus,
  Sandbox,
  WatchOptions,
} from '../runtime/container-runtime.ts';
import { watchContainerdEvents } from './containerd-events.ts';
import type { AttachRequest, CriMessages, ExecRequest, LinuxContainerResources } from './cri.gen.ts';
import { toContainer, toContainerStatus, toSandbox, toSandboxStatus } from './cri-convert.ts';
import { type CallOptions, GrpcChannel } from './grpc-channel.ts';
import { ProtobufCodec } from './protobuf.ts';

/** CRI's methods by name: each takes `…Request` and answers `…Response`. */
type Method = {
  [Name in keyof CriMessages]: Name extends `${infer Stem}Request`
    ? `${Stem}Response` extends keyof CriMessages
      ? Stem
      : never
    : never;
}[keyof CriMessages];

const callTimeoutMs = 120_000;
/** Pulls may take long; a kubelet has no limit at all here. */
const pullTimeoutMs = 3_600_000;
/** What a stop may take beyond the container's own grace. */
const stopMarginMs = 120_000;
const execMarginMs = 5_000;

const imageMethods = new Set(['ListImages', 'ImageStatus', 'PullImage', 'RemoveImage', 'ImageFsInfo']);

export interface CriRuntimeOptions {
  /** Path of the Unix socket; `unix://` before it is allowed. */
  readonly endpoint: string;
  readonly clock: Clock;
}

export function connectCriRuntime(options: CriRuntimeOptions): ContainerRuntime {
  const socketPath = options.endpoint.replace(/^unix:\/\//, '');
  const channel = new GrpcChannel({ socketPath, clock: options.clock });
  return new CriRuntime(channel);
}

class CriRuntime implements ContainerRuntime {
  readonly #channel: GrpcChannel;
  readonly #codec = new ProtobufCodec();

  constructor(channel: GrpcChannel) {
    this.#channel = channel;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#channel.close();
  }

  async version() {
    const answer = await this.#call('Version', { version: 'v1' });
    return { name: answer.runtimeName ?? '', version: answer.runtimeVersion ?? '' };
  }

  async conditions() {
    return (await this.#call('Status', {})).status?.conditions ?? [];
  }

  async listSandboxes(): Promise<Sandbox[]> {
    return ((await this.#call('ListPodSandbox', {})).items ?? []).map(toSandbox);
  }

  async sandboxStatus(id: string) {
    const answer = await this.#found(this.#call('PodSandboxStatus', { podSandboxId: id }));
    return answer?.status && toSandboxStatus(answer.status);
  }

  async runSandbox(config: CriMessages['PodSandboxConfig'], runtimeHandler = '') {
    return (await this.#call('RunPodSandbox', { config, runtimeHandler })).podSandboxId ?? '';
  }

  async stopSandbox(id: string) {
    await this.#found(this.#call('StopPodSandbox', { podSandboxId: id }));
  }

  async removeSandbox(id: string) {
    await this.#found(this.#call('RemovePodSandbox', { podSandboxId: id }));
  }

  async listContainers() {
    return ((await this.#call('ListContainers', {})).containers ?? []).map(toContainer);
  }

  async containerStatus(id: string): Promise<ContainerStatus | undefined> {
    const answer = await this.#found(this.#call('ContainerStatus', { containerId: id }));
    return answer?.status && toContainerStatus(answer.status);
  }

  async createContainer(
    podSandboxId: string,
    config: CriMessages['ContainerConfig'],
    sandboxConfig: CriMessages['PodSandboxConfig'],
  ) {
    return (await this.#call('CreateContainer', { podSandboxId, config, sandboxConfig })).containerId ?? '';
  }

  async startContainer(id: string) {
    await this.#call('StartContainer', { containerId: id });
  }

  async stopContainer(id: string, timeoutS: number, signal?: AbortSignal) {
    const timeoutMs = timeoutS * 1000 + stopMarginMs;
    await this.#found(
      this.#call(
        'StopContainer',
        { containerId: id, timeout: timeoutS },
        { timeoutMs, ...(signal && { signal }) },
      ),
    );
  }

  async removeContainer(id: string) {
    await this.#found(this.#call('RemoveContainer', { containerId: id }));
  }

  async updateResources(id: string, linux: LinuxContainerResources) {
    await this.#call('UpdateContainerResources', { containerId: id, linux });
  }

  async reopenLog(id: string) {
    await this.#call('ReopenContainerLog', { containerId: id });
  }

  async exec(id: string, command: readonly string[], timeoutS: number, signal?: AbortSignal) {
    const timeoutMs = timeoutS > 0 ? timeoutS * 1000 + execMarginMs : pullTimeoutMs;
    const request = { containerId: id, cmd: [...command], timeout: timeoutS };
    const answer = await this.#call('ExecSync', request, { timeoutMs, ...(signal && { signal }) });
    const output = Buffer.concat([answer.stdout ?? Buffer.alloc(0), answer.stderr ?? Buffer.alloc(0)]);
    return { exitCode: answer.exitCode ?? 0, output };
  }

  async execUrl(request: ExecRequest) {
    return (await this.#call('Exec', request)).url ?? '';
  }

  async attachUrl(request: AttachRequest) {
    return (await this.#call('Attach', request)).url ?? '';
  }

  async portForwardUrl(podSandboxId: string, ports: readonly number[]) {
    return (await this.#call('PortForward', { podSandboxId, port: [...ports] })).url ?? '';
  }

  async image(reference: string) {
    return (await this.#call('ImageStatus', { image: { image: reference } })).image;
  }

  async images() {
    return (await this.#call('ListImages', {})).images ?? [];
  }

  async pullImage(
    reference: string,
    options: {
      auth?: CriMessages['AuthConfig'];
      sandbox?: CriMessages['PodSandboxConfig'];
      signal?: AbortSignal;
    },
  ) {
    const request = {
      image: { image: reference },
      ...(options.auth && { auth: options.auth }),
      ...(options.sandbox && { sandboxConfig: options.sandbox }),
    };
    const call = { timeoutMs: pullTimeoutMs, ...(options.signal && { signal: options.signal }) };
    return (await this.#call('PullImage', request, call)).imageRef ?? '';
  }

  async removeImage(reference: string) {
    await this.#found(this.#call('RemoveImage', { image: { image: reference } }));
  }

  async imageFilesystems() {
    return (await this.#call('ImageFsInfo', {})).imageFilesystems ?? [];
  }

  async containerStats() {
    return (await this.#call('ListContainerStats', {})).stats ?? [];
  }

  watch(options: WatchOptions) {
    return watchContainerdEvents(this.#channel, this.#codec, options);
  }

  async #call<Name extends Method>(
    name: Name,
    request: CriMessages[`${Name}Request`],
    options: CallOptions = {},
  ): Promise<CriMessages[`${Name}Response`]> {
    const service = imageMethods.has(name) ? 'ImageService' : 'RuntimeService';
    const bytes = this.#codec.encode(`${name}Request`, request);
    const answer = await this.#channel.unary(`/runtime.v1.${service}/${name}`, bytes, {
      timeoutMs: callTimeoutMs,
      ...options,
    });
    return this.#codec.decode(`${name}Response`, answer);
  }

  /** What is not there is an answer here, not a failure. */
  async #found<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await call;
    } catch (error) {
      if (isFault(error, 'runtime/not-found')) return undefined;
      throw error;
    }
  }
}
