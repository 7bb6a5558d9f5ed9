// One probe of one container: asks at its period, counts towards its thresholds, and keeps the verdict.

import { type Clock, describeError, type Logger, type TimerHandle } from '@selvedge/base';
import type { Container, Probe } from '@selvedge/kubernetes';
import type { EventRecorder } from '../event-recorder.ts';
import type { ProbeVerdict } from '../pods/pod-actions.ts';
import type { EdgePod } from '../pods/pod-spec.ts';
import type { ContainerRuntime, ContainerStatus } from '../runtime/container-runtime.ts';
import { probeOnce } from './probe-once.ts';

export type ProbeType = 'startup' | 'liveness' | 'readiness';

export interface ProberOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventRecorder;
  readonly pod: EdgePod;
  readonly container: Container;
  readonly status: ContainerStatus;
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly podIp: string;
  /** Liveness and readiness wait until the container has started. */
  readonly mayRun: () => boolean;
  readonly onChange: () => void;
}

const titles: Record<ProbeType, string> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};
const initialVerdicts: Record<ProbeType, ProbeVerdict> = {
  startup: 'unknown',
  liveness: 'success',
  readiness: 'failure',
};
const probeTries = 3;
/** How soon a probe looks again while it waits for the container to have started. */
const waitingMs = 250;

export class Prober {
  readonly #options: ProberOptions;
  readonly #abort = new AbortController();
  #timer: TimerHandle | undefined;
  #verdict: ProbeVerdict;
  #last: 'success' | 'failure' | undefined;
  #run = 0;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#verdict = initialVerdicts[options.type];
  }

  get verdict(): ProbeVerdict {
    return this.#verdict;
  }

  start(): void {
    const { probe, clock, status } = this.#options;
    const dueMs = status.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1_000;
    this.#schedule(Math.max(0, dueMs - clock.now()));
  }

  stop(): void {
    this.#abort.abort();
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = this.#options.clock.after(delayMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    const { clock, probe, mayRun, type } = this.#options;
    if (!mayRun()) return this.#schedule(waitingMs);
    const startedMs = clock.monotonic();
    await this.#probe();
    if (type === 'startup' && this.#verdict === 'success') return; // it has done its work
    const periodMs = (probe.periodSeconds ?? 10) * 1_000;
    this.#schedule(Math.max(0, periodMs - (clock.monotonic() - startedMs)));
  }

  async #probe(): Promise<void> {
    const { clock, probe, podIp, container, status, runtime, pod, events, type } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        const input = {
          runtime,
          clock,
          probe,
          podIp,
          container,
          containerId: status.id,
          signal: this.#abort.signal,
        };
        const outcome = await probeOnce(input);
        if (this.#abort.signal.aborted) return;
        if (!outcome.ok) {
          events.pod(
            pod,
            'Warning',
            'Unhealthy',
            `${titles[type]} probe failed: ${outcome.output}`,
            container.name,
          );
        }
        return this.#count(outcome.ok ? 'success' : 'failure');
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        if (attempt < probeTries) continue;
        const text = `${titles[type]} probe errored: ${describeError(error)}`;
        events.pod(pod, 'Warning', 'Unhealthy', text, container.name);
        return; // nothing is known: the verdict stays
      }
    }
  }

  #count(result: 'success' | 'failure'): void {
    const { probe, logger, pod, container, type } = this.#options;
    this.#run = this.#last === result ? this.#run + 1 : 1;
    this.#last = result;
    const threshold = result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#run < threshold || this.#verdict === result) return;
    this.#verdict = result;
    logger.debug('probe-verdict', { pod: pod.metadata.name, container: container.name, type, result });
    if (result === 'failure' && type !== 'readiness') this.stop(); // the container will be replaced
    this.#options.onChange();
  }
}
