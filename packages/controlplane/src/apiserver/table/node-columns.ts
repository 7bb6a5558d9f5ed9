// Columns of nodes.

import type { KubeObject, Node } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import type { Column } from './column.ts';
import { column, joined, wide } from './column-parts.ts';

const rolePrefix = 'node-role.kubernetes.io/';

export function nodeColumns(age: Column): Column[] {
  const info = (object: KubeObject) => (object as Node).status?.nodeInfo;
  return [
    column('Status', statusOf),
    column('Roles', rolesOf),
    age,
    column('Version', (object) => info(object)?.kubeletVersion ?? ''),
    wide('Internal-IP', (object) => addressOf(object, 'InternalIP')),
    wide('External-IP', (object) => addressOf(object, 'ExternalIP')),
    wide('OS-Image', (object) => info(object)?.osImage || '<unknown>'),
    wide('Kernel-Version', (object) => info(object)?.kernelVersion || '<unknown>'),
    wide('Container-Runtime', (object) => info(object)?.containerRuntimeVersion || '<unknown>'),
  ];
}

function statusOf(object: KubeObject): string {
  const { spec, status } = object as Node;
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

function rolesOf(object: KubeObject): string {
  const { labels = {} } = metaOf(object);
  const roles = Object.keys(labels)
    .filter((label) => label.startsWith(rolePrefix) && label.length > rolePrefix.length)
    .map((label) => label.slice(rolePrefix.length));
  return joined(roles.sort());
}

function addressOf(object: KubeObject, type: string): string {
  return (object as Node).status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}
