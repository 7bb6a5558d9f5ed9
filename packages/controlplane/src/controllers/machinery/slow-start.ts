// Runs one action many times in batches that double while all succeed: a refused write is met once, not a thousand times.

export interface SlowStartResult {
  readonly succeeded: number;
  readonly error: unknown;
}

export async function slowStart(count: number, action: () => Promise<void>): Promise<SlowStartResult> {
  let succeeded = 0;
  for (let batch = 1; succeeded < count; batch *= 2) {
    const size = Math.min(batch, count - succeeded);
    const results = await Promise.allSettled(Array.from({ length: size }, action));
    const failed = results.find((result) => result.status === 'rejected');
    succeeded += results.filter((result) => result.status === 'fulfilled').length;
    if (failed) return { succeeded, error: failed.reason };
  }
  return { succeeded, error: undefined };
}
