// JSON values from outside, narrowed.

import { Fault } from '@selvedge/base';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new Fault('client/malformed-response', 'the API server answered with something that is no JSON', {
      cause,
    });
  }
}
