// Small makers of columns that the kinds share.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Column } from './column.ts';

export function column(name: string, cell: Column['cell'], type = 'string'): Column {
  return { name, type, cell };
}

/** Shown with `-o wide` only. */
export function wide(name: string, cell: Column['cell']): Column {
  return { name, type: 'string', priority: 1, cell };
}

export function part(object: KubeObject, field: string): Readonly<Record<string, unknown>> {
  const value = object[field];
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

export function count(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

export function joined(values: readonly unknown[], none = '<none>'): string {
  return values.length === 0 ? none : values.join(',');
}
