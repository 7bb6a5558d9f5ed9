// Asks a container once: by a command in it, an HTTP request, a TCP connection or gRPC's health service.

import { connect } from 'node:net';
import { describeError, isFault } from '@selvedge/base';
import type { Probe } from '@selvedge/kubernetes';
import { httpGet, resolvePort } from '../containers/http-get.ts';
import { type ProbeOnceInput, type ProbeOutcome, timeoutMsOf } from './probe-input.ts';

const maxOutput = 10 << 10;

/** Rejects when the probe itself could not be made: that says nothing of the container. */
export async function probeOnce(input: ProbeOnceInput): Promise<ProbeOutcome> {
  const { probe } = input;
  if (probe.exec) return execProbe(input, probe.exec.command ?? []);
  if (probe.httpGet) return httpProbe(input, probe.httpGet);
  if (probe.tcpSocket) return tcpProbe(input, probe.tcpSocket.host || input.podIp, probe.tcpSocket.port);
  if (probe.grpc) {
    const { grpcProbe } = await import('./grpc-probe.ts');
    return grpcProbe(input, { port: probe.grpc.port, service: probe.grpc.service ?? '' });
  }
  return { ok: true, output: '' };
}

async function execProbe(input: ProbeOnceInput, command: string[]): Promise<ProbeOutcome> {
  const timeoutS = timeoutMsOf(input.probe) / 1_000;
  try {
    const result = await input.runtime.exec(input.containerId, command, timeoutS, input.signal);
    const output = Buffer.from(result.output).toString().slice(0, maxOutput);
    return { ok: result.exitCode === 0, output };
  } catch (error) {
    if (!isFault(error, 'runtime/deadline-exceeded')) throw error;
    return { ok: false, output: `command "${command.join(' ')}" timed out` };
  }
}

async function httpProbe(input: ProbeOnceInput, get: NonNullable<Probe['httpGet']>): Promise<ProbeOutcome> {
  const { clock, signal, podIp } = input;
  const ports = input.container.ports ?? [];
  const timeoutMs = timeoutMsOf(input.probe);
  try {
    const answer = await httpGet({
      get,
      ports,
      podIp,
      timeoutMs,
      clock,
      signal,
      userAgent: 'kube-probe/1.32',
    });
    if (answer.status >= 200 && answer.status < 400) return { ok: true, output: answer.body };
    return { ok: false, output: `HTTP probe failed with statuscode: ${answer.status}` };
  } catch (error) {
    const scheme = (get.scheme ?? 'HTTP').toLowerCase();
    const url = `${scheme}://${get.host || podIp}:${get.port}${get.path ?? '/'}`;
    return { ok: false, output: `Get "${url}": ${describeError(error)}` };
  }
}

function tcpProbe(input: ProbeOnceInput, host: string, portName: number | string): Promise<ProbeOutcome> {
  const port = resolvePort(portName, input.container.ports ?? []);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (outcome: ProbeOutcome) => {
      timer.cancel();
      input.signal.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(outcome);
    };
    const cancel = () => finish({ ok: false, output: 'context canceled' });
    const late = { ok: false, output: `dial tcp ${host}:${port}: i/o timeout` };
    const timer = input.clock.after(timeoutMsOf(input.probe), () => finish(late));
    input.signal.addEventListener('abort', cancel, { once: true });
    socket.once('connect', () => finish({ ok: true, output: '' }));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const refused = error.code === 'ECONNREFUSED';
      const reason = refused ? 'connect: connection refused' : error.message;
      finish({ ok: false, output: `dial tcp ${host}:${port}: ${reason}` });
    });
  });
}
