// What one probe needs to know, and what it finds.

import type { Clock } from '@selvedge/base';
import type { Container, Probe } from '@selvedge/kubernetes';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';

export interface ProbeOnceInput {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly probe: Probe;
  readonly podIp: string;
  readonly container: Container;
  readonly containerId: string;
  readonly signal: AbortSignal;
}

export interface ProbeOutcome {
  readonly ok: boolean;
  readonly output: string;
}

export function timeoutMsOf(probe: Probe): number {
  return Math.max(1, probe.timeoutSeconds ?? 1) * 1_000;
}
