// When a container that has ended may start again: back-off derived from what the runtime remembers, so that it outlives the agent.

import type { ContainerStatus } from '../runtime/container-runtime.ts';
import { backoffStepAnnotation } from '../runtime/labels.ts';

const initialMs = 10_000;
const maxMs = 300_000;
/** A container that ran this long is well: its next end starts from the beginning. */
const resetAfterMs = 600_000;

export interface RestartBackoff {
  /** How long the next start waits, counted from when the container ended; 0 for the first restart. */
  readonly delayMs: number;
  readonly notBeforeMs: number;
  /** To be written on the next container. */
  readonly nextStep: number;
}

/** `last` is the newest container of this name that has ended, with the same definition as the one to start. */
export function restartBackoff(last: ContainerStatus | undefined): RestartBackoff {
  if (!last) return { delayMs: 0, notBeforeMs: 0, nextStep: 0 };
  const endedAtMs = last.finishedAtMs || last.createdAtMs;
  const ranMs = last.startedAtMs > 0 ? endedAtMs - last.startedAtMs : 0;
  const step = ranMs >= resetAfterMs ? 0 : stepOf(last);
  const delayMs = step === 0 ? 0 : Math.min(maxMs, initialMs * 2 ** (step - 1));
  return { delayMs, notBeforeMs: endedAtMs + delayMs, nextStep: step + 1 };
}

function stepOf(container: ContainerStatus): number {
  const step = Number(container.annotations[backoffStepAnnotation] ?? 0);
  return Number.isInteger(step) && step > 0 ? Math.min(step, 30) : 0;
}

/** `10s`, `1m20s`, `5m0s`: as Go prints a duration of whole seconds. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
