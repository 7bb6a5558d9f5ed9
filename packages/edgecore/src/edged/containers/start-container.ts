// Brings one container up: image, configuration, creation, start, hook; each failure becomes the reason its status shows.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, isFault } from '@selvedge/base';
import type { ConfigMap, Secret } from '@selvedge/kubernetes';
import type { ContainerConfig, Image, PodSandboxConfig } from '../cri/cri.gen.ts';
import { grpcDescription } from '../cri/grpc-channel.ts';
import { type EdgedContext, seccompRoot } from '../edged-context.ts';
import type { ContainerToStart } from '../pods/pod-actions.ts';
import { type EdgePod, type EphemeralContainer, namespaceOf, specOf } from '../pods/pod-spec.ts';
import { StartFault } from '../start-fault.ts';
import { orMissing } from '../store-object.ts';
import type { MountedVolume } from '../volumes/volume-manager.ts';
import { containerConfig } from './container-config.ts';
import { containerMounts } from './container-mounts.ts';
import { containerEnvironment, wantsServiceLinks } from './environment.ts';
import { runHook } from './lifecycle-hook.ts';
import { type ImageUser, rootProblem } from './security-context.ts';
import { serviceEnvironment } from './service-environment.ts';
import { stopContainer } from './stop-container.ts';

export interface PodSandbox {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly podIps: readonly string[];
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  readonly hostsFile: string;
}

export interface StartContainerInput {
  readonly context: EdgedContext;
  readonly pod: EdgePod;
  readonly start: ContainerToStart;
  readonly sandbox: PodSandbox;
  readonly signal: AbortSignal;
}

/** Rejects with a StartFault; its event has been written by then. */
export async function startContainer(input: StartContainerInput): Promise<void> {
  const { context, pod, start, sandbox, signal } = input;
  const { runtime, events, starts } = context;
  const { container } = start;
  const image = await context.images.ensure({
    pod,
    container,
    pullSecrets: () => pullSecrets(context, pod),
    sandbox: sandbox.config,
    signal,
  });
  const config = await step(input, 'CreateContainerConfigError', () => configure(input, image));
  const id = await step(input, 'CreateContainerError', async () => {
    await mkdir(join(sandbox.config.logDirectory ?? '', container.name), { recursive: true, mode: 0o755 });
    return starts.run('container', () => runtime.createContainer(sandbox.id, config, sandbox.config));
  });
  events.pod(pod, 'Normal', 'Created', `Created container ${container.name}`, container.name);
  await step(input, 'RunContainerError', () => starts.run('container', () => runtime.startContainer(id)));
  events.pod(pod, 'Normal', 'Started', `Started container ${container.name}`, container.name);
  await postStart(input, id);
}

async function step<Result>(
  input: StartContainerInput,
  reason: string,
  action: () => Promise<Result>,
): Promise<Result> {
  const { context, pod, start, signal } = input;
  try {
    return await action();
  } catch (error) {
    if (signal.aborted) throw error;
    const message = grpcDescription(new Error(describeError(error)));
    context.events.pod(pod, 'Warning', 'Failed', `Error: ${message}`, start.container.name);
    throw new StartFault(reason, message);
  }
}

async function configure(input: StartContainerInput, image: Image): Promise<ContainerConfig> {
  const { context, pod, start, sandbox } = input;
  const { container } = start;
  const { settings, volumes } = context;
  const imageUser = userOf(image);
  const problem = rootProblem(pod, container, imageUser);
  if (problem) throw new StartFault('CreateContainerConfigError', problem);
  const targetId = targetOf(input);
  const environment = await environmentOf(input);
  const mounts = await containerMounts({
    pod,
    container,
    environment,
    volumes: sandbox.volumes,
    podDirectory: volumes.podDirectory(pod.metadata.uid),
    hostsFile: sandbox.hostsFile,
  });
  return containerConfig({
    pod,
    container,
    attempt: start.attempt,
    backoffStep: start.backoff.nextStep,
    imageRef: image.id ?? container.image ?? '',
    imageUser,
    environment,
    mounts,
    nodeMemoryBytes: settings.memoryBytes,
    seccompRoot: seccompRoot(settings),
    ...(targetId && { targetId }),
  });
}

/** The container that an ephemeral one is to look into. */
function targetOf({ context, pod, start }: StartContainerInput): string | undefined {
  const { targetContainerName } = start.container as EphemeralContainer;
  if (start.kind !== 'ephemeral' || !targetContainerName) return undefined;
  const containers = context.cache.pod(pod.metadata.uid)?.containers ?? [];
  const target = containers.find(({ name }) => name === targetContainerName);
  if (target) return target.id;
  const message = `unable to find target container ${targetContainerName}`;
  throw new StartFault('CreateContainerConfigError', message);
}

/** An image that names no user runs as root. */
function userOf(image: Image): ImageUser {
  if (image.uid) return { uid: image.uid.value ?? 0 };
  return image.username ? { username: image.username } : { uid: 0 };
}

function environmentOf({ context, pod, start, sandbox }: StartContainerInput): Promise<Map<string, string>> {
  const { store, settings, events } = context;
  const namespace = namespaceOf(pod);
  const apiServer = store.services('default').filter((service) => service.metadata.name === 'kubernetes');
  const others = wantsServiceLinks(pod) ? store.services(namespace) : [];
  return containerEnvironment({
    pod,
    container: start.container,
    addresses: { podIps: sandbox.podIps, hostIp: settings.nodeIp },
    allocatable: settings.allocatable,
    services: serviceEnvironment([...apiServer, ...others]),
    configMap: (name) => orMissing<ConfigMap>(store.object('configmap', namespace, name)),
    secret: (name) => orMissing<Secret>(store.object('secret', namespace, name)),
    onInvalidKeys: (source, keys) =>
      events.pod(
        pod,
        'Warning',
        'InvalidEnvironmentVariableNames',
        `Keys [${keys.join(', ')}] from the EnvFrom ${source} were skipped since they are considered invalid environment variable names.`,
      ),
  });
}

async function pullSecrets({ store }: EdgedContext, pod: EdgePod): Promise<Secret[]> {
  const names = (specOf(pod).imagePullSecrets ?? []).map(({ name = '' }) => name);
  const secrets = names.map((name) => orMissing<Secret>(store.object('secret', namespaceOf(pod), name)));
  const settled = await Promise.allSettled(secrets); // a secret that nobody can give does not forbid a public image
  return settled.flatMap((item) => (item.status === 'fulfilled' && item.value ? [item.value] : []));
}

async function postStart(input: StartContainerInput, containerId: string): Promise<void> {
  const { context, pod, start, sandbox, signal } = input;
  const { container } = start;
  const handler = container.lifecycle?.postStart;
  if (!handler) return;
  const { runtime, clock, events } = context;
  const [podIp] = sandbox.podIps;
  try {
    await runHook({ runtime, clock, containerId, container, podIp, handler, timeoutMs: 0, signal });
  } catch (error) {
    if (signal.aborted && !isFault(error, 'edged/hook-failed')) throw error;
    const message = 'PostStartHook failed';
    events.pod(pod, 'Warning', 'FailedPostStartHook', message, container.name);
    await stopContainer({ context, pod, containerId, name: container.name, message: 'FailedPostStartHook' });
    throw new StartFault('PostStartHookError', message);
  }
}
