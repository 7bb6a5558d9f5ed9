// Which columns `kubectl get` shows of each kind.

import { metaOf } from '../object-meta.ts';
import type { PrinterColumn, Resource } from '../registry/resource.ts';
import { getPath } from '../subresources/json-path.ts';
import { ageOf } from './age.ts';
import type { Column } from './column.ts';
import { coreColumns } from './core-columns.ts';
import { eventColumns } from './event-columns.ts';
import { nodeColumns } from './node-columns.ts';
import { podColumns } from './pod-columns.ts';
import { policyColumns } from './policy-columns.ts';
import { workloadColumns } from './workload-columns.ts';

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  cell: (object) => metaOf(object).name ?? '',
};

const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  cell: (object, nowMs) => ageOf(metaOf(object).creationTimestamp, nowMs),
};

const columns: Readonly<Record<string, readonly Column[]>> = {
  pods: [nameColumn, ...podColumns(ageColumn)],
  nodes: [nameColumn, ...nodeColumns(ageColumn)],
  events: eventColumns,
  'events.events.k8s.io': eventColumns,
  ...withName(workloadColumns(ageColumn)),
  ...withName(coreColumns(ageColumn)),
  ...withName(policyColumns(ageColumn)),
};

function withName(all: Readonly<Record<string, readonly Column[]>>): Record<string, readonly Column[]> {
  return Object.fromEntries(Object.entries(all).map(([resource, list]) => [resource, [nameColumn, ...list]]));
}

export function columnsOf(resource: Resource): readonly Column[] {
  if (resource.custom?.columns) return [nameColumn, ...resource.custom.columns.map(customColumn)];
  const key = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
  return columns[key] ?? [nameColumn, ageColumn];
}

function customColumn({ name, type, format, description, priority, jsonPath }: PrinterColumn): Column {
  return {
    name,
    type,
    ...(format ? { format } : {}),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority ? { priority } : {}),
    cell: (object, nowMs) => {
      const value = getPath(object, jsonPath);
      if (type === 'date') return ageOf(value, nowMs);
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value ?? null);
    },
  };
}
