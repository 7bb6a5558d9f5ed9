// Runs a container's postStart and preStop hooks: a command in it, a request to it, or a wait.

import { type Clock, Fault, sleep } from '@selvedge/base';
import type { Container } from '@selvedge/kubernetes';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { httpGet, resolvePort } from './http-get.ts';

export type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

export interface HookInput {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly containerId: string;
  readonly container: Pick<Container, 'ports'>;
  readonly podIp: string | undefined;
  readonly handler: LifecycleHandler;
  /** 0 for none. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const maxShownOutput = 1_024;

/** Rejects with `edged/hook-failed`, saying what the hook answered. */
export async function runHook(input: HookInput): Promise<void> {
  const { handler, runtime, clock, signal } = input;
  if (handler.exec) {
    const command = handler.exec.command ?? [];
    const result = await runtime.exec(input.containerId, command, Math.ceil(input.timeoutMs / 1000), signal);
    if (result.exitCode === 0) return;
    const output = Buffer.from(result.output).toString().slice(0, maxShownOutput);
    throw hookFailed(`command '${command.join(' ')}' exited with ${result.exitCode}: ${output}`);
  }
  if (handler.httpGet) {
    const status = await httpGet({
      get: handler.httpGet,
      ports: input.container.ports ?? [],
      podIp: input.podIp ?? '',
      timeoutMs: input.timeoutMs || defaultHttpTimeoutMs,
      clock,
      signal,
    });
    if (status.status >= 400) throw hookFailed(`HTTP status ${status.status}`);
    return;
  }
  if (handler.sleep) return sleep(clock, Number(handler.sleep.seconds) * 1000, signal);
  if (handler.tcpSocket) throw hookFailed(`no hook for TCP port ${resolvePort(handler.tcpSocket.port, [])}`);
}

const defaultHttpTimeoutMs = 30_000;

function hookFailed(message: string): Fault {
  return new Fault('edged/hook-failed', message);
}
