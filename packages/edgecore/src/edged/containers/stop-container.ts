// Ends one container: tells so, runs its preStop hook, and gives it the time it was promised.

import { describeError } from '@selvedge/base';
import type { Container } from '@selvedge/kubernetes';
import type { EdgedContext } from '../edged-context.ts';
import { type EdgePod, findContainer, specOf } from '../pods/pod-spec.ts';
import { type LifecycleHandler, runHook } from './lifecycle-hook.ts';

export interface StopContainerInput {
  readonly context: EdgedContext;
  readonly pod: EdgePod;
  readonly containerId: string;
  readonly name: string;
  /** The event's words; none is written when it is empty. */
  readonly message: string;
  /** Instead of the grace that the pod's specification gives. */
  readonly graceS?: number;
  /** Instead of the hook in the pod's specification, when that is gone. */
  readonly preStop?: LifecycleHandler;
  readonly signal?: AbortSignal;
}

/** So that a container can end by itself even where its grace was spent. */
const minimumGraceS = 2;
const defaultGraceS = 30;

export async function stopContainer(input: StopContainerInput): Promise<void> {
  const { context, pod, containerId, name } = input;
  const { events, runtime } = context;
  if (input.message !== '') events.pod(pod, 'Normal', 'Killing', input.message, name);
  const container = findContainer(pod, name)?.container;
  const graceS = input.graceS ?? specOf(pod).terminationGracePeriodSeconds ?? defaultGraceS;
  const spentS = graceS > 0 ? await preStop(input, container, graceS) : 0;
  const restS = Math.max(minimumGraceS, graceS - spentS);
  await runtime.stopContainer(
    containerId,
    input.graceS === undefined ? restS : Math.min(graceS, restS),
    input.signal,
  );
}

/** The seconds that the hook took. */
async function preStop(
  input: StopContainerInput,
  container: Container | undefined,
  graceS: number,
): Promise<number> {
  const { context, pod, containerId, name } = input;
  const handler = container?.lifecycle?.preStop ?? input.preStop;
  if (!handler) return 0;
  const { runtime, clock, events, cache, logger } = context;
  const startedMs = clock.monotonic();
  const timeout = new AbortController();
  const timer = clock.after(graceS * 1_000, () => timeout.abort());
  const podIp = cache.pod(pod.metadata.uid)?.sandboxes[0]?.ips[0];
  try {
    const signal = timeout.signal;
    await runHook({
      runtime,
      clock,
      containerId,
      container: container ?? {},
      podIp,
      handler,
      timeoutMs: graceS * 1_000,
      signal,
    });
  } catch (error) {
    logger.info('pre-stop-hook-failed', {
      pod: pod.metadata.name,
      container: name,
      error: describeError(error),
    });
    events.pod(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', name);
  } finally {
    timer.cancel();
  }
  return Math.floor((clock.monotonic() - startedMs) / 1_000);
}
