// /healthz, /livez and /readyz, plain or verbose, whole or one check alone.

import { type Answer, type ApiRequest, textAnswer } from './api-request.ts';
import type { ApiContext } from './context.ts';

interface Check {
  readonly name: string;
  readonly passes: (context: ApiContext) => boolean;
}

const checks: readonly Check[] = [
  { name: 'ping', passes: () => true },
  { name: 'log', passes: () => true },
  { name: 'store', passes: (context) => context.store.healthy },
];

export function answerHealth(
  context: ApiContext,
  request: ApiRequest,
  path: string,
): (() => Answer) | undefined {
  const [, kind = '', only] = path.split('/');
  const wanted = only === undefined ? checks : checks.filter((check) => check.name === only);
  if (wanted.length === 0) return undefined;
  return () => {
    const excluded = new Set(request.query.getAll('exclude'));
    const results = wanted.map((check) => ({
      name: check.name,
      state: excluded.has(check.name) ? 'excluded' : check.passes(context) ? 'ok' : 'failed',
    }));
    const failed = results.some((result) => result.state === 'failed');
    if (!failed && !request.query.has('verbose')) return textAnswer(200, 'ok');
    const lines = results.map(({ name, state }) =>
      state === 'failed'
        ? `[-]${name} failed: reason withheld`
        : `[+]${name} ${state === 'ok' ? 'ok' : 'excluded: ok'}`,
    );
    return textAnswer(
      failed ? 500 : 200,
      `${lines.join('\n')}\n${kind} check ${failed ? 'failed' : 'passed'}\n`,
    );
  };
}
