// Makes sure that a container's image is on the node, by its pull policy; few pulls at a time, with back-off per pod and image.

import { type Clock, describeError, Slots } from '@selvedge/base';
import type { Container, Secret } from '@selvedge/kubernetes';
import type { AuthConfig, Image, PodSandboxConfig } from '../cri/cri.gen.ts';
import type { EventRecorder } from '../event-recorder.ts';
import type { EdgePod } from '../pods/pod-spec.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { StartFault } from '../start-fault.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';
import { pullCredentials } from './pull-credentials.ts';

export interface ImageManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly maxParallelPulls?: number;
}

export interface EnsureImageInput {
  readonly pod: EdgePod;
  readonly container: Container;
  readonly pullSecrets: () => Promise<readonly Secret[]>;
  readonly sandbox: PodSandboxConfig;
  readonly signal: AbortSignal;
}

interface Backoff {
  readonly delayMs: number;
  readonly untilMs: number;
}

const initialBackoffMs = 10_000;
const maxBackoffMs = 300_000;
const maxBackoffs = 1_000;

export class ImageManager {
  readonly #options: Required<ImageManagerOptions>;
  readonly #backoffs = new Map<string, Backoff>();
  readonly #pulls: Slots;

  constructor(options: ImageManagerOptions) {
    this.#options = { maxParallelPulls: 3, ...options };
    this.#pulls = new Slots(this.#options.maxParallelPulls);
  }

  /** Rejects with a StartFault whose reason says why the image is not there. */
  async ensure(input: EnsureImageInput): Promise<Image> {
    const { runtime } = this.#options;
    const name = input.container.image ?? '';
    const reference = parseImageReference(name);
    if (!reference) throw this.#invalidName(input, name);
    const policy =
      input.container.imagePullPolicy ?? (reference.tag === 'latest' ? 'Always' : 'IfNotPresent');
    const present = await runtime.image(reference.tagged);
    if (present && policy !== 'Always') {
      this.#tell(input, 'Normal', 'Pulled', `Container image "${name}" already present on machine`);
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${name}" is not present with pull policy of Never`;
      this.#tell(input, 'Warning', 'ErrImageNeverPull', message);
      throw this.#failed(input, 'ErrImageNeverPull', message);
    }
    return this.#pullUnlessBackingOff(input, name, reference);
  }

  #invalidName(input: EnsureImageInput, name: string): StartFault {
    const parse = `couldn't parse image name "${name}": invalid reference format`;
    const message = `Failed to apply default image tag "${name}": ${parse}`;
    this.#tell(input, 'Warning', 'InspectFailed', message);
    return this.#failed(input, 'InvalidImageName', message);
  }

  async #pullUnlessBackingOff(
    input: EnsureImageInput,
    name: string,
    reference: ImageReference,
  ): Promise<Image> {
    const { clock } = this.#options;
    const key = `${input.pod.metadata.uid}/${reference.tagged}`;
    const backoff = this.#backoffs.get(key);
    if (backoff && clock.now() < backoff.untilMs) {
      const message = `Back-off pulling image "${name}"`;
      this.#tell(input, 'Normal', 'BackOff', message);
      throw this.#failed(input, 'ImagePullBackOff', message, backoff.untilMs);
    }
    this.#tell(input, 'Normal', 'Pulling', `Pulling image "${name}"`);
    const startedMs = clock.monotonic();
    try {
      const image = await this.#pull(input, reference);
      this.#backoffs.delete(key);
      const took = `${((clock.monotonic() - startedMs) / 1000).toFixed(3)}s`;
      const size = `Image size: ${image.size ?? 0} bytes.`;
      const message = `Successfully pulled image "${name}" in ${took} (${took} including waiting). ${size}`;
      this.#tell(input, 'Normal', 'Pulled', message);
      return image;
    } catch (error) {
      const text = describeError(error);
      this.#backOff(key, backoff);
      this.#tell(input, 'Warning', 'Failed', `Failed to pull image "${name}": ${text}`);
      throw this.#failed(input, 'ErrImagePull', text);
    }
  }

  #pull(input: EnsureImageInput, reference: ImageReference): Promise<Image> {
    const { runtime } = this.#options;
    return this.#pulls.run(async () => {
      const credentials = pullCredentials(reference, await input.pullSecrets());
      const options = { sandbox: input.sandbox, signal: input.signal };
      const pulled = await this.#tryEach(reference, credentials, options);
      return (await runtime.image(pulled)) ?? { id: pulled };
    });
  }

  async #tryEach(
    reference: ImageReference,
    credentials: readonly AuthConfig[],
    options: { sandbox: PodSandboxConfig; signal: AbortSignal },
  ): Promise<string> {
    const { runtime } = this.#options;
    if (credentials.length === 0) return runtime.pullImage(reference.tagged, options);
    let failure: unknown;
    for (const auth of credentials) {
      try {
        return await runtime.pullImage(reference.tagged, { ...options, auth });
      } catch (error) {
        failure = error; // the last one is told when none has worked
      }
    }
    throw failure;
  }

  #backOff(key: string, before: Backoff | undefined): void {
    const nowMs = this.#options.clock.now();
    const fresh = before && nowMs - before.untilMs < 2 * maxBackoffMs;
    const delayMs = fresh ? Math.min(maxBackoffMs, before.delayMs * 2) : initialBackoffMs;
    this.#backoffs.delete(key);
    this.#backoffs.set(key, { delayMs, untilMs: nowMs + delayMs });
    for (const oldest of this.#backoffs.keys()) {
      if (this.#backoffs.size <= maxBackoffs) break;
      this.#backoffs.delete(oldest);
    }
  }

  #tell(input: EnsureImageInput, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#options.events.pod(input.pod, type, reason, message, input.container.name);
  }

  #failed(input: EnsureImageInput, reason: string, message: string, retryAtMs?: number): StartFault {
    this.#tell(input, 'Warning', 'Failed', `Error: ${reason}`);
    return new StartFault(reason, message, retryAtMs);
  }
}
