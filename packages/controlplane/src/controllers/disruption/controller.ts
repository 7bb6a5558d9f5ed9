// The disruption controller: keeps up how many pods each disruption budget can spare, without which nothing may be evicted.

import type { WorkQueue } from '@selvedge/base';
import { objectKey, resources, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { compileLabelSelector } from '../machinery/label-selector.ts';
import { controllerOf, type PodRecord } from '../machinery/pod-record.ts';
import { budgetPatch, type DisruptionBudget, decideBudget } from './decide.ts';

const component = 'controllermanager';
/** Pods change in crowds: a budget looks once at all that changed within this time. */
const settleMs = 20;

export async function runDisruptionController(
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { poddisruptionbudgets, deployments, replicasets } = context.informers;
  const everyBudget = (queue: WorkQueue<string>) => (object: Stored<object>) => {
    for (const budget of budgetsIn(context, object.metadata.namespace ?? ''))
      queue.addAfter(objectKey(budget), settleMs);
  };
  await runController({
    name: 'disruption',
    context,
    signal,
    concurrency: 2,
    reconcile: (key) => reconcile(context, key),
    follow: (queue) => [
      poddisruptionbudgets.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
      }),
      deployments.subscribe({ modified: everyBudget(queue) }),
      replicasets.subscribe({ modified: everyBudget(queue) }),
      followPods(context, queue),
    ],
  });
}

function budgetsIn({ informers }: ControllerContext, namespace: string): Iterable<DisruptionBudget> {
  return informers.poddisruptionbudgets.lister.byIndex('namespace', namespace) as Iterable<DisruptionBudget>;
}

function followPods(context: ControllerContext, queue: WorkQueue<string>): () => void {
  const changed = (pod: PodRecord) => {
    for (const budget of budgetsIn(context, pod.namespace)) {
      if (selects(budget, pod)) queue.addAfter(objectKey(budget), settleMs);
    }
  };
  return context.informers.pods.subscribe({
    added: changed,
    modified: (pod, old) => {
      if (pod.labels !== old.labels) changed(old);
      changed(pod);
    },
    deleted: changed,
  });
}

function selects(budget: DisruptionBudget, pod: PodRecord): boolean {
  return compileLabelSelector(budget.spec?.selector)(pod.labels);
}

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const { informers, client, clock, events } = context;
  const budget = informers.poddisruptionbudgets.lister.get(key) as DisruptionBudget | undefined;
  if (!budget) return undefined;
  const { namespace = '', name } = budget.metadata;
  const all = informers.pods.lister.byIndex('namespace', namespace);
  const pods = [...all].filter((pod) => selects(budget, pod));
  const type = { ...resources.poddisruptionbudgets };
  if (pods.length === 0) {
    const subject = { ...budget.metadata, type };
    events.record({
      subject,
      component,
      type: 'Normal',
      reason: 'NoPods',
      message: 'No matching pods found',
    });
  }
  const { status, againMs } = decideBudget({
    budget,
    pods,
    scaleOf: (pod) => scaleOf(context, pod),
    nowMs: clock.now(),
  });
  const patch = budgetPatch(budget, status);
  if (patch) {
    const reference = { type, namespace, name };
    await unlessGone(client.patch(reference, 'merge', patch, { subresource: 'status' }));
  }
  return againMs;
}

/** A replica set's size is its deployment's, where it has one: in a rollout several share it. */
function scaleOf({ informers }: ControllerContext, pod: PodRecord): number | undefined {
  const owner = controllerOf(pod);
  if (owner?.kind !== resources.replicasets.kind) return undefined;
  const set = informers.replicasets.lister.get(`${pod.namespace}/${owner.name}`);
  const setOwner = set?.metadata.ownerReferences?.find((one) => one.controller === true);
  const deployment = setOwner && informers.deployments.lister.get(`${pod.namespace}/${setOwner.name}`);
  return deployment ? (deployment.spec?.replicas ?? 1) : set?.spec?.replicas;
}
