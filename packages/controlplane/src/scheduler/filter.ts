// What every filter of the scheduler is: a question to one node, answered with why not.

import type { NodeInfo } from './node-info.ts';

export interface Misfit {
  readonly reasons: readonly string[];
  /** Whether removing other pods from the node could make room. */
  readonly resolvable: boolean;
}

/** Undefined: the pod fits. */
export type Filter = (node: NodeInfo) => Misfit | undefined;
