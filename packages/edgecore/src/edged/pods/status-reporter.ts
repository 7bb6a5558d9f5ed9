// Works out a pod's status and hands it on when it differs from what was reported last.

import type { PodStatus } from '@selvedge/kubernetes';
import { terminationMessage } from '../containers/termination-message.ts';
import type { EdgedContext } from '../edged-context.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import type { WaitingReason } from './container-status.ts';
import { type EdgePod, namespaceOf } from './pod-spec.ts';
import { isTerminal, podStatus } from './pod-status.ts';

export class StatusReporter {
  readonly #context: EdgedContext;
  /** Last words by container id: read once, when the container has ended. */
  readonly #messages = new Map<string, string>();
  /** Why a container has not been started, by its name. */
  readonly waiting = new Map<string, WaitingReason>();

  constructor(context: EdgedContext) {
    this.#context = context;
  }

  /** As reported last, also before a restart of the agent. */
  reported(pod: EdgePod): PodStatus | undefined {
    const known = this.#context.store.podStatus(namespaceOf(pod), pod.metadata.name);
    return known?.uid === pod.metadata.uid ? known.status : undefined;
  }

  async report(pod: EdgePod, state: PodRuntimeState | undefined): Promise<PodStatus> {
    await this.#readMessages(state);
    return this.#put(pod, this.#compute(pod, state));
  }

  /** The pod has failed for a reason of its own, whatever its containers do; this stays. */
  fail(pod: EdgePod, state: PodRuntimeState | undefined, reason: string, message: string): PodStatus {
    return this.#put(pod, { ...this.#compute(pod, state), phase: 'Failed', reason, message });
  }

  #compute(pod: EdgePod, state: PodRuntimeState | undefined): PodStatus {
    const { probes, settings, clock } = this.#context;
    const previous = this.reported(pod);
    const status = podStatus({
      pod,
      state,
      previous,
      waiting: this.waiting,
      terminationMessage: (id) => this.#messages.get(id),
      started: (id) => probes.startup(id) === 'success',
      ready: (id) => probes.readiness(id) === 'success',
      runtimeName: settings.runtimeName,
      nodeIp: settings.nodeIp,
      nowMs: clock.now(),
    });
    if (!isTerminal(previous)) return status;
    const { phase = 'Failed', reason, message } = previous ?? {};
    return { ...status, phase, ...(reason && { reason }), ...(message && { message }) };
  }

  #put(pod: EdgePod, status: PodStatus): PodStatus {
    const before = this.reported(pod);
    if (JSON.stringify(before) !== JSON.stringify(status)) this.#context.store.setPodStatus(pod, status);
    return status;
  }

  async #readMessages(state: PodRuntimeState | undefined): Promise<void> {
    const ids = new Set(state?.containers.map(({ id }) => id));
    for (const id of this.#messages.keys()) if (!ids.has(id)) this.#messages.delete(id);
    for (const container of state?.containers ?? []) {
      if (container.state !== 'exited' || this.#messages.has(container.id)) continue;
      const podDirectory = this.#context.volumes.podDirectory(container.podUid);
      this.#messages.set(container.id, await terminationMessage(container, podDirectory));
    }
  }
}
