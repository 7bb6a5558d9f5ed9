// Who writes, and how: what every write carries besides the object.

import type { User } from './authentication/user.ts';

export interface WriteOptions {
  readonly user: User;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly subresource?: string;
  readonly warn?: (text: string) => void;
}
