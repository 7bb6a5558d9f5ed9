// The daemon set controller: one pod on every node that should have it, and rolling updates over them.

import { describeError, type WorkQueue } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import { type DaemonSet, objectKey, resources, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { compileLabelSelector } from '../machinery/label-selector.ts';
import { PendingWrites } from '../machinery/pending-writes.ts';
import {
  createPod,
  deletePod,
  isTerminatingNamespace,
  observePod,
  type PodControl,
} from '../machinery/pod-control.ts';
import { claimPods, type PodOwner } from '../machinery/pod-ownership.ts';
import { controllerOf, type PodRecord } from '../machinery/pod-record.ts';
import { slowStart } from '../machinery/slow-start.ts';
import { nextAvailabilityMs } from '../replicaset/decide.ts';
import { decideDaemons, statusPatch } from './decide.ts';
import { decideHistory, hashOf, type Revision, surplusRevisions } from './history.ts';
import { revisionLabel, templateFor } from './placement.ts';

const component = 'daemonset-controller';
const settleMs = 20;

export async function runDaemonSetController(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { informers } = context;
  const pending = new PendingWrites(context.clock);
  const control: PodControl = { context, component, pending };
  const everyDaemonSet = (queue: WorkQueue<string>) => {
    for (const one of informers.daemonsets.lister.list()) queue.addAfter(objectKey(one), settleMs);
  };
  await runController({
    name: 'daemonset',
    context,
    signal,
    concurrency: 2,
    reconcile: (key) => reconcile(control, key),
    follow: (queue) => [
      informers.daemonsets.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
        deleted: (_object, key) => pending.forget(key),
      }),
      informers.nodes.subscribe({
        added: () => everyDaemonSet(queue),
        modified: (node, old) => {
          const text = (one: typeof node) => JSON.stringify([one.metadata.labels, one.spec?.taints]);
          if (text(node) !== text(old)) everyDaemonSet(queue);
        },
        deleted: () => everyDaemonSet(queue),
      }),
      followPods(context, pending, queue),
    ],
  });
}

function followPods(
  { informers }: ControllerContext,
  pending: PendingWrites,
  queue: WorkQueue<string>,
): () => void {
  const changed = (pod: PodRecord, gone: boolean) => {
    const owner = controllerOf(pod);
    if (owner?.kind !== 'DaemonSet') return;
    const key = `${pod.namespace}/${owner.name}`;
    observePod(pending, key, pod, gone);
    queue.addAfter(key, settleMs);
  };
  return informers.pods.subscribe({
    added: (pod) => changed(pod, false),
    modified: (pod) => changed(pod, false),
    deleted: (pod) => changed(pod, true),
  });
}

async function reconcile(control: PodControl, key: string): Promise<number | undefined> {
  const { context, pending } = control;
  const daemonSet = context.informers.daemonsets.lister.get(key);
  if (!daemonSet) return undefined;
  const owner = ownerOf(daemonSet);
  if (owner.deleting) return undefined;
  const hash = await currentHash(context, daemonSet);
  const pods = await claimPods(context.client, context.informers, owner);
  const waitMs = pending.remainingMs(key);
  const nowMs = context.clock.now();
  const nodes = context.informers.nodes.lister.list();
  const { create, remove, status } = decideDaemons({ daemonSet, nodes, pods, hash, nowMs });
  const error = waitMs === 0 ? await apply(control, owner, { daemonSet, create, remove, hash }) : undefined;
  const patch = statusPatch(daemonSet, status);
  if (patch)
    await unlessGone(context.client.patch(referenceTo(daemonSet), 'merge', patch, { subresource: 'status' }));
  await cleanUp(context, daemonSet, pods, hash);
  if (error !== undefined && !isTerminatingNamespace(error)) throw error;
  return waitMs > 0 ? waitMs : nextAvailabilityMs(daemonSet.spec?.minReadySeconds ?? 0, pods, nowMs);
}

interface Steps {
  readonly daemonSet: Stored<DaemonSet>;
  readonly create: readonly string[];
  readonly remove: readonly PodRecord[];
  readonly hash: string;
}

/** Returns what went wrong first. */
async function apply(control: PodControl, owner: PodOwner, steps: Steps): Promise<unknown> {
  const nodes = [...steps.create];
  const created = await slowStart(nodes.length, async () => {
    const node = nodes.shift();
    if (node !== undefined) await createPod(control, owner, templateFor(steps.daemonSet, node, steps.hash));
  });
  const removed = await Promise.allSettled(steps.remove.map((pod) => deletePod(control, owner, pod)));
  return created.error ?? removed.find((result) => result.status === 'rejected')?.reason;
}

/** Makes the present template the newest revision and returns its hash. */
async function currentHash(context: ControllerContext, daemonSet: Stored<DaemonSet>): Promise<string> {
  const step = decideHistory(daemonSet, revisionsOf(context, daemonSet));
  const { client } = context;
  if (step.kind === 'current') return hashOf(step.revision);
  if (step.kind === 'raise') {
    const { namespace = '', name } = step.revision.metadata;
    const reference = { type: resources.controllerrevisions, namespace, name };
    await unlessGone(client.patch(reference, 'merge', { revision: step.to }));
    return hashOf(step.revision);
  }
  try {
    await client.create(resources.controllerrevisions, step.object);
    return step.hash;
  } catch (error) {
    if (!isApiFault(error, 'AlreadyExists')) throw error;
    return resolveCollision(context, daemonSet, step.object.metadata?.name ?? '', step.hash);
  }
}

/** The name is taken: by our own revision, which the informer has yet to show, or by another template's of the same hash. */
async function resolveCollision(
  { client, logger }: ControllerContext,
  daemonSet: Stored<DaemonSet>,
  name: string,
  hash: string,
): Promise<string> {
  const namespace = daemonSet.metadata.namespace ?? '';
  const there = await unlessGone(client.get({ type: resources.controllerrevisions, namespace, name }));
  if (there && decideHistory(daemonSet, [there as Revision]).kind === 'current') return hash;
  const collisionCount = (daemonSet.status?.collisionCount ?? 0) + 1;
  logger.info('hash collision of daemon set templates', { daemonSet: objectKey(daemonSet), collisionCount });
  await client.patch(
    referenceTo(daemonSet),
    'merge',
    { status: { collisionCount } },
    { subresource: 'status' },
  );
  throw new Error(`the name ${name} belongs to another template`);
}

function revisionsOf({ informers }: ControllerContext, daemonSet: Stored<DaemonSet>): Revision[] {
  return [...informers.controllerrevisions.lister.byIndex('owner', daemonSet.metadata.uid)] as Revision[];
}

async function cleanUp(
  context: ControllerContext,
  daemonSet: Stored<DaemonSet>,
  pods: readonly PodRecord[],
  hash: string,
): Promise<void> {
  const live = new Set([hash, ...pods.map((pod) => pod.labels[revisionLabel] ?? '')]);
  for (const { metadata } of surplusRevisions(daemonSet, revisionsOf(context, daemonSet), live)) {
    const { namespace = '', name, uid } = metadata;
    const reference = { type: resources.controllerrevisions, namespace, name };
    await unlessGone(context.client.delete(reference, { preconditions: { uid } })).catch((error: unknown) => {
      context.logger.warn('revision not removed', { revision: name, error: describeError(error) });
    });
  }
}

function ownerOf(daemonSet: Stored<DaemonSet>): PodOwner {
  const { namespace = '', name, uid, deletionTimestamp } = daemonSet.metadata;
  return {
    type: resources.daemonsets,
    namespace,
    name,
    uid,
    selects: compileLabelSelector(daemonSet.spec?.selector),
    deleting: deletionTimestamp !== undefined,
  };
}

const referenceTo = ({ metadata: { namespace = '', name } }: Stored<DaemonSet>) => ({
  type: resources.daemonsets,
  namespace,
  name,
});
