// Which container on which node a request for logs or streams means.

import type { KubeObject, Pod } from '@selvedge/kubernetes';
import { storageKey } from '../registry/resource.ts';
import { refuse } from '../status-error.ts';
import { decodeStored } from '../stored-object.ts';
import type { VerbCall } from '../verbs/target.ts';

export function findPod({ context, target }: VerbCall): KubeObject & Pod {
  const { resource, namespace, name } = target;
  const entry = context.store.collection(resource.collection).get(storageKey(namespace, name));
  if (!entry) throw refuse.notFound(resource, name);
  return decodeStored(resource, entry) as KubeObject & Pod;
}

export function nodeOf({ metadata, spec }: Pod): string {
  if (spec?.nodeName) return spec.nodeName;
  throw refuse.badRequest(`pod ${metadata?.name} does not have a host assigned`);
}

/** The container that is asked for, or the only one there is. */
export function chooseContainer(pod: Pod, asked: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const name = pod.metadata?.name ?? '';
  const all = [...containers, ...initContainers, ...ephemeralContainers].map((container) => container.name);
  if (asked) {
    if (all.includes(asked)) return asked;
    throw refuse.badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (only && containers.length === 1) return only.name;
  const choices = containers.map((container) => container.name).join(' ');
  const init = initContainers.map((container) => container.name).join(' ');
  const more = init === '' ? '' : ` or one of the init containers: [${init}]`;
  throw refuse.badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${choices}]${more}`,
  );
}
