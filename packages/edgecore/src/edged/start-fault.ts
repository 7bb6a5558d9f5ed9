// Why a container could not be started, with the reason that its status shows while it waits.

import { Fault } from '@selvedge/base';

export class StartFault extends Fault {
  /** `ErrImagePull`, `CreateContainerConfigError`, … */
  readonly reason: string;
  /** When trying again makes sense, by the clock; undefined for the usual time. */
  readonly retryAtMs: number | undefined;

  constructor(reason: string, message: string, retryAtMs?: number) {
    super('edged/start-failed', message, { retryable: true });
    this.reason = reason;
    this.retryAtMs = retryAtMs;
  }
}
