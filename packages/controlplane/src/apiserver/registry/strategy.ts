// What is special about one kind of object in its life: the hooks that the verbs call, all of them optional.

import type { KubeObject } from '@selvedge/kubernetes';
import type { StatusCause } from '../status-error.ts';

export interface StrategyContext {
  readonly nowMs: number;
  readonly dryRun: boolean;
  readonly userName: string;
  readonly userGroups: readonly string[];
  readonly subresource: string;
  warn(text: string): void;
}

export interface Strategy {
  /** What field selectors may ask besides metadata.name and metadata.namespace. */
  readonly fieldNames?: readonly string[];
  readonly fields?: (object: KubeObject) => Record<string, string>;
  /** Whether `metadata.generation` counts changes of what the user wants. */
  readonly generation?: boolean;
  /** Whether `status` is written by its subresource alone. */
  readonly status?: boolean;
  /** Whether a PUT of what is not there creates it. */
  readonly createOnUpdate?: boolean;
  /** Sets what the server decides; runs after defaults, before validation. */
  readonly prepareForCreate?: (object: KubeObject, context: StrategyContext) => void;
  readonly prepareForUpdate?: (object: KubeObject, old: KubeObject, context: StrategyContext) => void;
  readonly validateCreate?: (object: KubeObject) => StatusCause[];
  readonly validateUpdate?: (object: KubeObject, old: KubeObject) => StatusCause[];
  /** Seconds between the request to delete and the deletion; 0 deletes at once. */
  readonly gracePeriodSeconds?: (object: KubeObject, requested: number | undefined) => number;
  /** Set on an object when its deletion is asked for; whoever clears up after it takes it away. */
  readonly deletionFinalizer?: string;
  /** Says in the status that the object is on its way out: of kinds whose deletion has no grace of its own. */
  readonly markDeleted?: (object: KubeObject, nowMs: number) => void;
  /** What an orphaned dependent keeps by default: legacy kinds only. */
  readonly defaultPropagation?: 'Background' | 'Orphan';
}
