// The endpoints controller: keeps EndpointSlices and Endpoints of every service with a selector in step with its pods.

import type { WorkQueue } from '@selvedge/base';
import { type KubeObject, resources, type Service, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { compileLabelMap, type LabelPredicate } from '../machinery/label-selector.ts';
import { PendingWrites } from '../machinery/pending-writes.ts';
import type { PodRecord } from '../machinery/pod-record.ts';
import { decideEndpoints } from './decide-endpoints.ts';
import {
  decideSlices,
  managedBy,
  managedByLabel,
  type SliceObject,
  serviceNameLabel,
} from './decide-slices.ts';
import { desiredGroups, type EndpointGroup } from './desired.ts';

/** Pods change in crowds: a service looks once at all that changed within this time. */
const settleMs = 50;
const zoneLabel = 'topology.kubernetes.io/zone';

export async function runEndpointSliceController(
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { informers } = context;
  const pending = new PendingWrites(context.clock);
  await runController({
    name: 'endpointslice',
    context,
    signal,
    concurrency: 5,
    reconcile: (key) => reconcile(context, pending, key),
    follow: (queue) => [
      informers.services.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
        deleted: (_object, key) => {
          pending.forget(key);
          queue.add(key);
        },
      }),
      followSlices(context, pending, queue),
      informers.endpoints.subscribe({
        modified: (_object, _old, key) => queue.addAfter(key, settleMs),
        deleted: (_object, key) => queue.addAfter(key, settleMs),
      }),
      followPods(context, queue),
    ],
  });
}

function followSlices(
  { informers }: ControllerContext,
  pending: PendingWrites,
  queue: WorkQueue<string>,
): () => void {
  const changed = (slice: Stored<KubeObject>) => {
    const service = slice.metadata.labels?.[serviceNameLabel];
    if (!service || slice.metadata.labels?.[managedByLabel] !== managedBy) return;
    const key = `${slice.metadata.namespace}/${service}`;
    pending.observed(key, slice.metadata.name);
    queue.addAfter(key, settleMs);
  };
  return informers.endpointslices.subscribe({ added: changed, modified: changed, deleted: changed });
}

function followPods({ informers }: ControllerContext, queue: WorkQueue<string>): () => void {
  const predicates = new WeakMap<Stored<Service>, LabelPredicate>();
  const selects = (service: Stored<Service>, pod: PodRecord) => {
    const predicate = predicates.get(service) ?? compileLabelMap(service.spec?.selector);
    predicates.set(service, predicate);
    return predicate(pod.labels);
  };
  const changed = (pod: PodRecord, old: PodRecord) => {
    for (const service of informers.services.lister.byIndex('namespace', pod.namespace)) {
      if (!selects(service, pod) && (old === pod || !selects(service, old))) continue;
      queue.addAfter(`${pod.namespace}/${service.metadata.name}`, settleMs);
    }
  };
  return informers.pods.subscribe({
    added: (pod) => pod.podIPs.length > 0 && changed(pod, pod),
    modified: (pod, old) => concerns(pod, old) && changed(pod, old),
    deleted: (pod) => pod.podIPs.length > 0 && changed(pod, pod),
  });
}

/** Whether anything that an endpoint tells has changed. */
function concerns(pod: PodRecord, old: PodRecord): boolean {
  return (
    pod.podIPs.join() !== old.podIPs.join() ||
    pod.readySinceMs > 0 !== old.readySinceMs > 0 ||
    pod.deletedMs > 0 !== old.deletedMs > 0 ||
    pod.labels !== old.labels ||
    pod.phase !== old.phase ||
    pod.uid !== old.uid
  );
}

async function reconcile(
  context: ControllerContext,
  pending: PendingWrites,
  key: string,
): Promise<number | undefined> {
  const { informers } = context;
  const service = informers.services.lister.get(key);
  if (!service) {
    await removeEndpoints(context, key);
    return undefined;
  }
  const selector = service.spec?.selector;
  if (
    service.metadata.deletionTimestamp !== undefined ||
    !selector ||
    service.spec?.type === 'ExternalName'
  ) {
    return undefined;
  }
  const waitMs = pending.remainingMs(key);
  if (waitMs > 0) return waitMs;
  const selects = compileLabelMap(selector);
  const all = informers.pods.lister.byIndex('namespace', service.metadata.namespace ?? '');
  const pods = [...all].filter((pod) => selects(pod.labels));
  const groups = desiredGroups(
    service,
    pods,
    (node) => informers.nodes.lister.get(node)?.metadata.labels?.[zoneLabel],
  );
  await writeSlices(context, { pending, key, service, groups });
  const endpoints = decideEndpoints(service, groups, informers.endpoints.lister.get(key));
  if (endpoints?.metadata?.resourceVersion)
    await unlessGone(context.client.update(resources.endpoints, endpoints));
  else if (endpoints) await context.client.create(resources.endpoints, endpoints);
  return undefined;
}

interface SliceWrite {
  readonly pending: PendingWrites;
  readonly key: string;
  readonly service: Stored<Service>;
  readonly groups: readonly EndpointGroup[];
}

async function writeSlices(
  context: ControllerContext,
  { pending, key, service, groups }: SliceWrite,
): Promise<void> {
  const { client, informers } = context;
  const { lister } = informers.endpointslices;
  const existing = [...lister.byIndex('service', key)].filter(
    (slice) => slice.metadata.labels?.[managedByLabel] === managedBy,
  ) as SliceObject[];
  const { create, update, remove } = decideSlices(service, groups, existing);
  for (const slice of create) {
    const { metadata } = await client.create(resources.endpointslices, slice);
    if (!lister.get(`${metadata.namespace}/${metadata.name}`)) pending.expect(key, metadata.name);
  }
  for (const slice of update) await client.update(resources.endpointslices, slice);
  for (const { metadata } of remove) {
    const { namespace = '', name, uid } = metadata;
    const reference = { type: resources.endpointslices, namespace, name };
    await unlessGone(client.delete(reference, { preconditions: { uid } }));
  }
}

/** Endpoints have no owner that would take them along. */
async function removeEndpoints({ client, informers }: ControllerContext, key: string): Promise<void> {
  const present = informers.endpoints.lister.get(key);
  if (!present) return;
  const { namespace = '', name, uid } = present.metadata;
  await unlessGone(client.delete({ type: resources.endpoints, namespace, name }, { preconditions: { uid } }));
}
