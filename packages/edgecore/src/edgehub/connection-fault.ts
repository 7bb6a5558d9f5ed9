// Why the hub could not be reached, in words that say what to look at.

import { Fault } from '@selvedge/base';
import { type Endpoint, formatEndpoint } from '../config.ts';

const maxRetryAfterMs = 60 * 60_000;

export function connectionFault(endpoint: Endpoint, cause: unknown): Fault {
  if (cause instanceof Fault) return cause;
  const where = formatEndpoint(endpoint);
  const code = String((cause as { code?: unknown }).code ?? '');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new Fault('edgehub/wrong-host', `the hub's certificate is not made for ${endpoint.host}`, {
      cause,
      retryable: true,
      hint: `start cloudcore with --advertise ${endpoint.host}`,
    });
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED')
    return new Fault('edgehub/clock', `the hub's certificate is not valid at this machine's time`, {
      cause,
      retryable: true,
      hint: "set this machine's clock right",
    });
  if (/^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_SIGNATURE)/.test(code))
    return new Fault('edgehub/wrong-ca', `${where} has a certificate of another CA than this node's cloud`, {
      cause,
      retryable: true,
    });
  if (/CERTIFICATE|ALERT/.test(code))
    return new Fault('edgehub/certificate', `the hub at ${where} does not accept this node's certificate`, {
      cause,
      retryable: true,
      hint: 'join again with a new token: selvedge join HOST:PORT --token TOKEN; what runs here stays',
    });
  return new Fault('edgehub/unreachable', `the hub at ${where} can not be reached`, {
    cause,
    retryable: true,
  });
}

/** Seconds as in HTTP's Retry-After, within reason. */
export function retryAfterMs(seconds: string | undefined): number | undefined {
  if (seconds === undefined || !/^\d{1,6}$/.test(seconds.trim())) return undefined;
  return Math.min(Number(seconds) * 1_000, maxRetryAfterMs);
}
