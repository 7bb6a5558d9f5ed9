import { expect, test } from 'bun:test';
import { FakeClock, Fault, silentLogger } from '@selvedge/base';
import { untilAnswered } from './until-answered.ts';

const away = new Fault('client/unreachable', 'the API server is away', { retryable: true });

test('asks again until there is an answer, and not after an error that stays', async () => {
  const clock = new FakeClock();
  let tries = 0;
  const answer = untilAnswered(
    async () => {
      if (++tries < 3) throw away;
      return 'yes';
    },
    { clock, logger: silentLogger },
  );
  await clock.advance(10_000);
  expect(await answer).toBe('yes');
  const final = new Fault('client/unreachable', 'no');
  const asked = untilAnswered(() => Promise.reject(final), { clock, logger: silentLogger });
  await expect(asked).rejects.toBe(final);
});

test('a signal ends the wait between two tries, and that for an answer', async () => {
  for (const action of [() => Promise.reject(away), () => new Promise<never>(() => undefined)]) {
    const clock = new FakeClock();
    const stop = new AbortController();
    const asked = untilAnswered(action, { clock, logger: silentLogger, signal: stop.signal });
    asked.catch(() => undefined);
    await clock.advance(0);
    stop.abort();
    await expect(asked).rejects.toBe(stop.signal.reason);
    expect(clock.pendingTimers).toBe(0);
  }
});
