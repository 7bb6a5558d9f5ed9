// Columns of events: no name first but when, what and about what; served under two groups with different field names.

import type { KubeObject } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import { ageOf } from './age.ts';
import type { Column } from './column.ts';
import { column, part, wide } from './column-parts.ts';

export const eventColumns: readonly Column[] = [
  column('Last Seen', (event, nowMs) => ageOf(lastSeen(event), nowMs)),
  column('Type', (event) => event.type ?? ''),
  column('Reason', (event) => event.reason ?? ''),
  column('Object', (event) => {
    const { kind, name } = subjectOf(event);
    return name ? `${lower(kind)}/${name}` : lower(kind);
  }),
  wide('Subobject', (event) => subjectOf(event).fieldPath ?? ''),
  wide('Source', sourceText),
  column('Message', (event) => String(event.message ?? event.note ?? '').trim()),
  wide('First Seen', (event, nowMs) => ageOf(firstSeen(event), nowMs)),
  wide('Count', (event) => part(event, 'series').count ?? event.count ?? event.deprecatedCount ?? 1),
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    priority: 1,
    cell: (event) => metaOf(event).name ?? '',
  },
];

function subjectOf(event: KubeObject) {
  return part(event, event.involvedObject ? 'involvedObject' : 'regarding');
}

function firstSeen(event: KubeObject): unknown {
  return event.firstTimestamp ?? event.deprecatedFirstTimestamp ?? event.eventTime;
}

function lastSeen(event: KubeObject): unknown {
  const observed = part(event, 'series').lastObservedTime;
  return observed ?? event.lastTimestamp ?? event.deprecatedLastTimestamp ?? firstSeen(event);
}

function sourceText(event: KubeObject): string {
  const { component, host } = part(event, event.source ? 'source' : 'deprecatedSource');
  const reporter = component ?? event.reportingComponent ?? event.reportingController ?? '';
  const instance = host ?? event.reportingInstance;
  return instance ? `${reporter}, ${instance}` : String(reporter);
}

function lower(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}
