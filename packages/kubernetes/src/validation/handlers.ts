// Validation of probes and lifecycle hooks: what is called in a container, and how often.

import { fieldError } from '../field-error.ts';
import { isHttpHeaderName, isPortNumber } from '../names.ts';
import type { Probe } from '../object.ts';
import { check, type Errors, notNegative, oneOf, portNumberOrName, required } from './rules.ts';

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & { sleep?: { seconds: number } };

export function validateHandler(errors: Errors, path: string, handler: Handler): void {
  const kinds = (['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const).filter((kind) => handler[kind]);
  const first = kinds[0];
  if (!first) {
    errors.push(fieldError.required(path, 'must specify a handler type'));
    return;
  }
  validateOne(errors, path, first, handler);
  for (const kind of kinds.slice(1)) {
    errors.push(fieldError.forbidden(`${path}.${kind}`, 'may not specify more than 1 handler type'));
  }
}

function validateOne(errors: Errors, path: string, kind: keyof Handler, handler: Handler): void {
  const { exec, httpGet, tcpSocket, grpc } = handler;
  if (kind === 'exec' && (exec?.command ?? []).length === 0)
    errors.push(fieldError.required(`${path}.exec.command`));
  if (kind === 'httpGet' && httpGet) {
    required(errors, `${path}.httpGet.path`, httpGet.path);
    portNumberOrName(errors, `${path}.httpGet.port`, httpGet.port);
    oneOf(errors, `${path}.httpGet.scheme`, httpGet.scheme, ['HTTP', 'HTTPS']);
    for (const header of httpGet.httpHeaders ?? []) {
      check(errors, `${path}.httpGet.httpHeaders`, header.name, isHttpHeaderName);
    }
  }
  if (kind === 'tcpSocket') portNumberOrName(errors, `${path}.tcpSocket.port`, tcpSocket?.port);
  if (kind === 'grpc') check(errors, `${path}.grpc.port`, grpc?.port ?? 0, isPortNumber);
}

export function validateProbe(errors: Errors, path: string, probe: Probe | undefined): void {
  if (!probe) return;
  validateHandler(errors, path, probe);
  notNegative(errors, `${path}.initialDelaySeconds`, probe.initialDelaySeconds);
  notNegative(errors, `${path}.timeoutSeconds`, probe.timeoutSeconds);
  notNegative(errors, `${path}.periodSeconds`, probe.periodSeconds);
  notNegative(errors, `${path}.successThreshold`, probe.successThreshold);
  notNegative(errors, `${path}.failureThreshold`, probe.failureThreshold);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(fieldError.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
}

/** A probe whose single success must be enough: liveness and startup. */
export function validateSingleSuccess(errors: Errors, path: string, probe: Probe | undefined): void {
  if (probe && probe.successThreshold !== 1) {
    errors.push(fieldError.invalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
  }
}
