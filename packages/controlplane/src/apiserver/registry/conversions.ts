// Between the versions of one object: core/v1 Events are stored, events.k8s.io/v1 shows the same under other names.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Conversion } from './resource.ts';

const renamed: ReadonlyArray<readonly [core: string, events: string]> = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

const events: Conversion = {
  fromStorage: (object) => rename(object, renamed),
  toStorage: (object) =>
    rename(
      object,
      renamed.map(([core, other]) => [other, core] as const),
    ),
};

export function conversionOf(group: string, version: string, resource: string): Conversion | undefined {
  return group === 'events.k8s.io' && version === 'v1' && resource === 'events' ? events : undefined;
}

function rename(object: KubeObject, names: ReadonlyArray<readonly [string, string]>): KubeObject {
  const to = new Map(names);
  const result: KubeObject = {};
  for (const [field, value] of Object.entries(object)) result[to.get(field) ?? field] = value;
  return result;
}
