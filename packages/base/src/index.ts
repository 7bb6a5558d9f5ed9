// The public face of the base package: faults, time, logs, queues, options; nothing here knows of Kubernetes.

export { Backoff, type BackoffOptions } from './backoff.ts';
export { type Clock, FakeClock, sleep, systemClock, type TimerHandle } from './clock.ts';
export { describeError, Fault, type FaultCode, type FaultOptions, isFault } from './fault.ts';
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from './log.ts';
export { Slots } from './slots.ts';
export { withoutUndefined } from './without-undefined.ts';
export { runWorkers, type WorkerOptions, WorkQueue, type WorkQueueOptions } from './work-queue.ts';
