// Tables: objects as rows under their kind's columns, as `kubectl get` prints them.

import type { KubeObject } from '@selvedge/kubernetes';
import { partialObject } from '../output/partial-object.ts';
import type { Resource } from '../registry/resource.ts';
import { columnsOf } from './columns.ts';

export interface TableRequest {
  readonly resource: Resource;
  readonly objects: readonly KubeObject[];
  /** `None`, `Metadata` or `Object`. */
  readonly includeObject: string;
  readonly meta: object;
  readonly nowMs: number;
}

export interface Table {
  kind: 'Table';
  apiVersion: 'meta.k8s.io/v1';
  metadata: object;
  /** Null where they have been told before. */
  columnDefinitions: object[] | null;
  rows: object[];
}

export function tableOf({ resource, objects, includeObject, meta, nowMs }: TableRequest): Table {
  const columns = columnsOf(resource);
  const rows = objects.map((object) => ({
    cells: columns.map((column) => column.cell(object, nowMs)),
    ...(includeObject === 'None'
      ? {}
      : { object: includeObject === 'Object' ? object : partialObject(object) }),
  }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: meta,
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? '',
      description: description ?? '',
      priority: priority ?? 0,
    })),
    rows,
  };
}
