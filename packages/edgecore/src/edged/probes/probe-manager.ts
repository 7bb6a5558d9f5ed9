// Keeps a prober for each probe of each running container, and what it last found.

import type { Clock, Logger } from '@selvedge/base';
import type { Container, Probe } from '@selvedge/kubernetes';
import type { EventRecorder } from '../event-recorder.ts';
import type { ProbeVerdict } from '../pods/pod-actions.ts';
import { allContainers, type EdgePod, isSidecar } from '../pods/pod-spec.ts';
import type { ContainerRuntime, ContainerStatus } from '../runtime/container-runtime.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import { Prober, type ProbeType } from './prober.ts';

export interface ProbeManagerOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventRecorder;
  readonly nodeIp: string;
  /** A verdict has changed: the pod is to be looked at again. */
  readonly onChange: (podUid: string) => void;
}

type ContainerProbers = Map<ProbeType, Prober>;

export class ProbeManager implements Disposable {
  readonly #options: ProbeManagerOptions;
  readonly #containers = new Map<string, { readonly podUid: string; readonly probers: ContainerProbers }>();

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#containers.keys()]) this.#remove(id);
  }

  /** Starts probers for containers that run, stops those of containers that do not. */
  update(pod: EdgePod, state: PodRuntimeState | undefined, only?: readonly ProbeType[]): void {
    const running = new Set<string>();
    for (const { kind, container } of allContainers(pod)) {
      if (kind === 'init' && !isSidecar(container)) continue;
      const status = state?.containers.find(({ name }) => name === container.name);
      if (status?.state !== 'running') continue;
      running.add(status.id);
      this.#ensure(pod, container, status, state, only);
    }
    for (const [id, entry] of this.#containers) {
      if (entry.podUid === pod.metadata.uid && !running.has(id)) this.#remove(id);
    }
  }

  removePod(uid: string): void {
    for (const [id, entry] of this.#containers) if (entry.podUid === uid) this.#remove(id);
  }

  liveness(containerId: string): ProbeVerdict {
    return this.#containers.get(containerId)?.probers.get('liveness')?.verdict ?? 'success';
  }

  startup(containerId: string): ProbeVerdict {
    return this.#containers.get(containerId)?.probers.get('startup')?.verdict ?? 'success';
  }

  readiness(containerId: string): ProbeVerdict {
    return this.#containers.get(containerId)?.probers.get('readiness')?.verdict ?? 'success';
  }

  #ensure(
    pod: EdgePod,
    container: Container,
    status: ContainerStatus,
    state: PodRuntimeState | undefined,
    only: readonly ProbeType[] | undefined,
  ): void {
    const existing = this.#containers.get(status.id);
    if (existing) {
      for (const [type, prober] of existing.probers) if (only && !only.includes(type)) prober.stop();
      return;
    }
    const probers: ContainerProbers = new Map();
    const entry = { podUid: pod.metadata.uid, probers };
    this.#containers.set(status.id, entry);
    for (const [type, probe] of probesOf(container)) {
      if (only && !only.includes(type)) continue;
      const prober = new Prober({
        ...this.#options,
        pod,
        container,
        status,
        type,
        probe,
        podIp: state?.sandboxes[0]?.ips[0] ?? this.#options.nodeIp,
        mayRun: () => type === 'startup' || this.startup(status.id) === 'success',
        onChange: () => this.#options.onChange(pod.metadata.uid),
      });
      probers.set(type, prober);
    }
    for (const prober of probers.values()) prober.start();
  }

  #remove(id: string): void {
    for (const prober of this.#containers.get(id)?.probers.values() ?? []) prober.stop();
    this.#containers.delete(id);
  }
}

function probesOf(container: Container): [ProbeType, Probe][] {
  const probes: [ProbeType, Probe | undefined][] = [
    ['startup', container.startupProbe],
    ['liveness', container.livenessProbe],
    ['readiness', container.readinessProbe],
  ];
  return probes.filter((pair): pair is [ProbeType, Probe] => pair[1] !== undefined);
}
