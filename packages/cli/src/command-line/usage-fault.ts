// The fault of a command line that can not be understood; it ends the program with the exit code for wrong use.

import { Fault } from '@selvedge/base';

export class UsageFault extends Fault {
  constructor(message: string, hint?: string) {
    super('cli/usage', message, hint === undefined ? {} : { hint });
  }
}
