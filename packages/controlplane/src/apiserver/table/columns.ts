// The columns of each kind.

import type { KubeObject } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import type { Resource } from '../registry/resource.ts';
import { ageOf } from './age.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly cell: (object: KubeObject, nowMs: number) => unknown;
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => metaOf(object).name ?? '',
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, nowMs) => ageOf(metaOf(object).creationTimestamp, nowMs),
};

export function columnsOf(_resource: Resource): readonly Column[] {
  return [nameColumn, ageColumn];
}
