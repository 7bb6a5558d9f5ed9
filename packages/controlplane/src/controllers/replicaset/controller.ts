// The replica set controller: keeps the wanted number of pods, and tells how many there are.

import { describeError, type WorkQueue } from '@selvedge/base';
import {
  type OwnerReference,
  objectKey,
  type ReplicaSet,
  resources,
  type Stored,
} from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { timestamp } from '../machinery/event-recorder.ts';
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
import { decideReplicas, decideStatus, nextAvailabilityMs, type StatusInput, statusPatch } from './decide.ts';

const component = 'replicaset-controller';
/** Pods change in crowds: the replica set looks once at all that changed within this time. */
const settleMs = 20;

export async function runReplicaSetController(
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const pending = new PendingWrites(context.clock);
  const control: PodControl = { context, component, pending };
  await runController({
    name: 'replicaset',
    context,
    signal,
    concurrency: 5,
    reconcile: (key) => reconcile(control, key),
    follow: (queue) => [
      context.informers.replicasets.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
        deleted: (_object, key) => {
          pending.forget(key);
          queue.add(key);
        },
      }),
      followPods(context, pending, queue),
    ],
  });
}

function followPods(
  context: ControllerContext,
  pending: PendingWrites,
  queue: WorkQueue<string>,
): () => void {
  const changed = (pod: PodRecord, gone: boolean) => {
    const owner = controllerOf(pod);
    if (owner) {
      const key = replicaSetKey(context, pod.namespace, owner);
      if (!key) return;
      observePod(pending, key, pod, gone);
      queue.addAfter(key, settleMs);
    } else if (!gone) {
      for (const key of possibleAdopters(context, pod)) queue.addAfter(key, settleMs);
    }
  };
  return context.informers.pods.subscribe({
    added: (pod) => changed(pod, false),
    modified: (pod, old) => {
      const before = controllerOf(old);
      if (before && before.uid !== controllerOf(pod)?.uid) changed(old, true);
      changed(pod, false);
    },
    deleted: (pod) => changed(pod, true),
  });
}

function replicaSetKey(
  context: ControllerContext,
  namespace: string,
  owner: OwnerReference,
): string | undefined {
  if (owner.kind !== resources.replicasets.kind || !owner.apiVersion.startsWith('apps/')) return undefined;
  const key = `${namespace}/${owner.name}`;
  return context.informers.replicasets.lister.get(key)?.metadata.uid === owner.uid ? key : undefined;
}

function possibleAdopters(context: ControllerContext, pod: PodRecord): string[] {
  const inNamespace = [...context.informers.replicasets.lister.byIndex('namespace', pod.namespace)];
  return inNamespace
    .filter((replicaSet) => compileLabelSelector(replicaSet.spec?.selector)(pod.labels))
    .map(objectKey);
}

async function reconcile(control: PodControl, key: string): Promise<number | undefined> {
  const { context, pending } = control;
  const replicaSet = context.informers.replicasets.lister.get(key);
  if (!replicaSet) return undefined;
  const owner = ownerOf(replicaSet);
  const pods = await claimPods(context.client, context.informers, owner);
  const waitMs = pending.remainingMs(key);
  const failure =
    waitMs === 0 && !owner.deleting ? await scale(control, { owner, replicaSet, pods }) : undefined;
  const nowMs = context.clock.now();
  const transitionTime = timestamp(nowMs);
  await writeStatus(context, { replicaSet, pods, nowMs, failure, transitionTime });
  // A failed write is tried again with back-off, which the queue does for a rejected reconcile.
  if (failure) throw failure.error;
  return waitMs > 0 ? waitMs : nextAvailabilityMs(replicaSet.spec?.minReadySeconds ?? 0, pods, nowMs);
}

interface Failure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly message: string;
  readonly error: unknown;
}

interface ScaleInput {
  readonly owner: PodOwner;
  readonly replicaSet: Stored<ReplicaSet>;
  readonly pods: readonly PodRecord[];
}

async function scale(
  control: PodControl,
  { owner, replicaSet, pods }: ScaleInput,
): Promise<Failure | undefined> {
  const { create, remove } = decideReplicas(replicaSet, pods, control.context.clock.now());
  const template = replicaSet.spec?.template ?? {};
  const created = await slowStart(create, () => createPod(control, owner, template));
  if (created.error !== undefined && !isTerminatingNamespace(created.error)) {
    return { reason: 'FailedCreate', message: describeError(created.error), error: created.error };
  }
  const deleted = await Promise.allSettled(remove.map((pod) => deletePod(control, owner, pod)));
  const refused = deleted.find((result) => result.status === 'rejected');
  return refused && { reason: 'FailedDelete', message: describeError(refused.reason), error: refused.reason };
}

function ownerOf(replicaSet: Stored<ReplicaSet>): PodOwner {
  return {
    type: resources.replicasets,
    namespace: replicaSet.metadata.namespace ?? '',
    name: replicaSet.metadata.name,
    uid: replicaSet.metadata.uid,
    selects: compileLabelSelector(replicaSet.spec?.selector),
    deleting: replicaSet.metadata.deletionTimestamp !== undefined,
  };
}

async function writeStatus(
  context: ControllerContext,
  input: StatusInput & { failure: Failure | undefined },
): Promise<void> {
  const { replicaSet, failure } = input;
  const stated = failure && { reason: failure.reason, message: failure.message };
  const patch = statusPatch(replicaSet, decideStatus({ ...input, failure: stated }));
  if (!patch) return;
  const { namespace = '', name } = replicaSet.metadata;
  const reference = { type: resources.replicasets, namespace, name };
  await unlessGone(context.client.patch(reference, 'merge', patch, { subresource: 'status' }));
}
