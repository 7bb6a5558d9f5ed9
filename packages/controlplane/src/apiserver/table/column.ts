// One column of a kind's table.

import type { KubeObject } from '@selvedge/kubernetes';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  /** 0: always; 1: with `-o wide`. */
  readonly priority?: number;
  readonly cell: (object: KubeObject, nowMs: number) => unknown;
}
