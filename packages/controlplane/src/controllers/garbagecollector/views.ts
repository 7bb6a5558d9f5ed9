// One view per resource type that can be deleted: the manager's shared informers where there is one, metadata alone otherwise.

import { createRecordInformer, type Informer } from '@selvedge/client';
import {
  groupResource,
  type KubeObject,
  type ResourceType,
  resources,
  type Stored,
} from '@selvedge/kubernetes';
import type { ControllerContext } from '../machinery/controller.ts';
import type { DiscoveredType } from '../machinery/discovery.ts';
import type { PodRecord } from '../machinery/pod-record.ts';
import { type ObjectRecord, objectRecorder, recordOfPod } from './object-record.ts';

export interface ViewHandler {
  /** `old` is undefined where the object is new. */
  changed(object: ObjectRecord, old: ObjectRecord | undefined): void;
  deleted(object: ObjectRecord): void;
}

export interface View {
  readonly type: ResourceType;
  readonly synced: Promise<void>;
  get(key: string): ObjectRecord | undefined;
  byOwner(uid: string): ObjectRecord[];
  subscribe(handler: ViewHandler): () => void;
}

export const recordKey = (record: Pick<ObjectRecord, 'namespace' | 'name'>): string =>
  record.namespace === '' ? record.name : `${record.namespace}/${record.name}`;

/** Events are not followed: they come in masses, own nothing, and end by themselves. */
export function isCollectable(type: DiscoveredType): boolean {
  return type.resource !== 'events' && ['delete', 'list', 'watch'].every((verb) => type.verbs.has(verb));
}

/** The view of a type; one that is not shared is run until the signal aborts. */
export function viewOf(context: ControllerContext, type: ResourceType, signal: AbortSignal): View {
  if (sameType(type, resources.pods)) return podView(context);
  const shared = sharedInformer(context, type);
  if (shared) return wholeView(type, shared);
  const informer = createRecordInformer<KubeObject, ObjectRecord>({
    ...context,
    type,
    metadataOnly: true,
    transform: objectRecorder(type),
    resourceVersionOf: (record) => record.resourceVersion,
    indexers: { owner: (record) => record.owners.map((owner) => owner.uid) },
  });
  void informer.run(signal);
  return viewBy(type, informer, (record) => record);
}

function sharedInformer(
  { informers }: ControllerContext,
  type: ResourceType,
): Informer<Stored<KubeObject>> | undefined {
  const shared: ReadonlyArray<readonly [ResourceType, unknown]> = [
    [resources.nodes, informers.nodes],
    [resources.namespaces, informers.namespaces],
    [resources.services, informers.services],
    [resources.deployments, informers.deployments],
    [resources.replicasets, informers.replicasets],
    [resources.daemonsets, informers.daemonsets],
    [resources.endpoints, informers.endpoints],
    [resources.endpointslices, informers.endpointslices],
    [resources.controllerrevisions, informers.controllerrevisions],
    [resources.jobs, informers.jobs],
    [resources.poddisruptionbudgets, informers.poddisruptionbudgets],
    [resources.persistentvolumeclaims, informers.persistentvolumeclaims],
  ];
  return shared.find(([one]) => sameType(one, type))?.[1] as Informer<Stored<KubeObject>> | undefined;
}

function sameType(left: ResourceType, right: ResourceType): boolean {
  return groupResource(left) === groupResource(right);
}

function podView({ informers }: ControllerContext): View {
  return viewBy<PodRecord>(resources.pods, informers.pods, (pod) => recordOfPod(resources.pods, pod));
}

function wholeView(type: ResourceType, informer: Informer<Stored<KubeObject>>): View {
  const record = objectRecorder(type);
  return viewBy(type, informer, record);
}

function viewBy<T>(type: ResourceType, informer: Informer<T>, record: (object: T) => ObjectRecord): View {
  const { lister } = informer;
  return {
    type,
    synced: informer.synced,
    get: (key) => {
      const object = lister.get(key);
      return object === undefined ? undefined : record(object);
    },
    byOwner: (uid) => [...lister.byIndex('owner', uid)].map(record),
    subscribe: (handler) =>
      informer.subscribe({
        added: (object) => handler.changed(record(object), undefined),
        modified: (object, old) => handler.changed(record(object), record(old)),
        deleted: (object) => handler.deleted(record(object)),
      }),
  };
}
