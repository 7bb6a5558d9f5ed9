// A pod's sandbox: volumes, cgroup, network and hosts file stand before its first container.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@selvedge/base';
import { podDns } from '../containers/dns.ts';
import { hostsFile } from '../containers/hosts-file.ts';
import { createPodCgroup } from '../containers/pod-cgroup.ts';
import { podLogDirectory, sandboxConfig } from '../containers/sandbox-config.ts';
import type { PodSandbox } from '../containers/start-container.ts';
import type { PodSandboxConfig } from '../cri/cri.gen.ts';
import { type EdgedContext, seccompRoot } from '../edged-context.ts';
import type { SandboxStatus } from '../runtime/container-runtime.ts';
import { StartFault } from '../start-fault.ts';
import type { MountedVolume } from '../volumes/volume-manager.ts';
import type { PodActions } from './pod-actions.ts';
import { type EdgePod, specOf } from './pod-spec.ts';

/** The pod's sandbox as its containers need it: made now, or the one that is there. Rejects with a StartFault. */
export async function ensureSandbox(
  context: EdgedContext,
  pod: EdgePod,
  actions: PodActions,
): Promise<PodSandbox> {
  const volumes = await mountVolumes(context, pod);
  const attempt = actions.createSandbox ? actions.sandboxAttempt : (actions.sandbox?.attempt ?? 0);
  const config = configOf(context, pod, attempt);
  const status = actions.createSandbox ? await createSandbox(context, pod, config) : actions.sandbox;
  if (!status) throw new StartFault('CreatePodSandboxError', 'the sandbox is gone');
  const hostNetwork = specOf(pod).hostNetwork === true;
  const podIps = hostNetwork ? [context.settings.nodeIp] : status.ips;
  const file = await writeHostsFile(context, pod, podIps);
  return { id: status.id, config, podIps, volumes, hostsFile: file };
}

async function mountVolumes(context: EdgedContext, pod: EdgePod): Promise<Map<string, MountedVolume>> {
  try {
    return await context.volumes.mount(pod);
  } catch (error) {
    throw failed(context, pod, 'FailedMount', error instanceof Error ? error.message : describeError(error));
  }
}

/** The event is written; the status shows that the containers are still being created. */
function failed({ events }: EdgedContext, pod: EdgePod, reason: string, message: string): StartFault {
  events.pod(pod, 'Warning', reason, message);
  return new StartFault('ContainerCreating', message);
}

function configOf({ settings }: EdgedContext, pod: EdgePod, attempt: number): PodSandboxConfig {
  return sandboxConfig({
    pod,
    attempt,
    dns: podDns(pod, settings.clusterDns, settings.nodeResolvConf),
    podLogDirectory: settings.podLogDirectory,
    seccompRoot: seccompRoot(settings),
    clusterDomain: settings.clusterDns.domain,
  });
}

async function createSandbox(
  context: EdgedContext,
  pod: EdgePod,
  config: PodSandboxConfig,
): Promise<SandboxStatus> {
  const { runtime, starts, settings } = context;
  try {
    await mkdir(podLogDirectory(pod, settings.podLogDirectory), { recursive: true, mode: 0o755 });
    await createPodCgroup(pod);
    const handler = specOf(pod).runtimeClassName ?? '';
    const id = await starts.run('sandbox', () => runtime.runSandbox(config, handler));
    const status = await runtime.sandboxStatus(id);
    if (status) return status;
    throw new StartFault('CreatePodSandboxError', 'the sandbox is gone');
  } catch (error) {
    const message = `Failed to create pod sandbox: ${describeError(error)}`;
    throw failed(context, pod, 'FailedCreatePodSandBox', message);
  }
}

async function writeHostsFile(
  context: EdgedContext,
  pod: EdgePod,
  podIps: readonly string[],
): Promise<string> {
  const { settings, volumes } = context;
  const path = join(volumes.podDirectory(pod.metadata.uid), 'etc-hosts');
  const { nodeHosts, clusterDns } = settings;
  const text = hostsFile({ pod, podIps, nodeHosts, clusterDomain: clusterDns.domain });
  try {
    await writeFile(path, text, { mode: 0o644 });
  } catch (error) {
    throw failed(context, pod, 'FailedMount', `Failed to write the hosts file: ${describeError(error)}`);
  }
  return path;
}
