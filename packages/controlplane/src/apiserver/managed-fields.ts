// Who set which field: metadata.managedFields after a plain create, update or patch.

import type { KubeObject } from '@selvedge/kubernetes';
import type { WriteOptions } from './object-writer.ts';
import type { Resource } from './registry/resource.ts';

export interface TrackedWrite {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly old: KubeObject | undefined;
  readonly options: WriteOptions;
  readonly nowMs: number;
}

export function trackWrite(_write: TrackedWrite): void {}
