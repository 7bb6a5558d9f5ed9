// The deployment controller: rolls a template out over replica sets, and tells how far it is.

import { describeError, type WorkQueue } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import {
  type Deployment,
  type KubeObject,
  objectKey,
  type ReplicaSet,
  resources,
  type Stored,
} from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { compileLabelSelector } from '../machinery/label-selector.ts';
import { controllerReference } from '../machinery/pod-ownership.ts';
import { isFinished } from '../machinery/pod-record.ts';
import { type DeploymentDecision, decideCleanup, decideDeployment, type ReplicaSetChange } from './decide.ts';
import { sameTemplate } from './revisions.ts';
import { wantedReplicas } from './rolling.ts';
import {
  type DeploymentStatusInput,
  decideDeploymentStatus,
  deploymentStatusPatch,
  isComplete,
  untilDeadlineMs,
} from './status.ts';

const component = 'deployment-controller';
/** Replica sets change in crowds: the deployment looks once at all that changed within this time. */
const settleMs = 20;

export async function runDeploymentController(
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  await runController({
    name: 'deployment',
    context,
    signal,
    concurrency: 5,
    reconcile: (key) => reconcile(context, key),
    follow: (queue) => [
      context.informers.deployments.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
      }),
      followReplicaSets(context, queue),
      followRecreation(context, queue),
    ],
  });
}

function followReplicaSets(context: ControllerContext, queue: WorkQueue<string>): () => void {
  const changed = (replicaSet: Stored<ReplicaSet>) => {
    const owner = replicaSet.metadata.ownerReferences?.find((one) => one.controller === true);
    if (owner?.kind === 'Deployment')
      queue.addAfter(`${replicaSet.metadata.namespace}/${owner.name}`, settleMs);
    else if (!owner) for (const key of possibleAdopters(context, replicaSet)) queue.addAfter(key, settleMs);
  };
  return context.informers.replicasets.subscribe({ added: changed, modified: changed, deleted: changed });
}

function possibleAdopters({ informers }: ControllerContext, replicaSet: Stored<ReplicaSet>): string[] {
  return [...informers.deployments.lister.list()]
    .filter((one) => one.metadata.namespace === replicaSet.metadata.namespace)
    .filter((one) => compileLabelSelector(one.spec?.selector)(replicaSet.metadata.labels ?? {}))
    .map(objectKey);
}

/** A recreating deployment waits for the last pod of the old template to be gone, which no replica set tells. */
function followRecreation({ informers }: ControllerContext, queue: WorkQueue<string>): () => void {
  return informers.pods.subscribe({
    deleted: (pod) => {
      const setReference = pod.owners.find((one) => one.controller === true);
      if (setReference?.kind !== 'ReplicaSet') return;
      const set = informers.replicasets.lister.get(`${pod.namespace}/${setReference.name}`);
      const owner = set?.metadata.ownerReferences?.find((one) => one.controller === true);
      const deployment = owner && informers.deployments.lister.get(`${pod.namespace}/${owner.name}`);
      if (deployment?.spec?.strategy?.type === 'Recreate') queue.addAfter(objectKey(deployment), settleMs);
    },
  });
}

async function reconcile(context: ControllerContext, key: string): Promise<number | undefined> {
  const deployment = context.informers.deployments.lister.get(key);
  if (!deployment) return undefined;
  const replicaSets = await claimReplicaSets(context, deployment);
  const decision = decideDeployment({
    deployment,
    replicaSets,
    oldPodsRun: (sets) => podsRun(context, sets),
  });
  if (decision.revision !== undefined) await writeRevision(context, deployment, decision.revision);
  const creation = decision.create ? await createReplicaSet(context, deployment, decision.create) : {};
  for (const change of decision.changes) await changeReplicaSet(context, deployment, change);
  const nowMs = context.clock.now();
  const input: DeploymentStatusInput = {
    deployment,
    ...decision,
    ...foundRollout(deployment, decision),
    ...creation,
    nowMs,
  };
  const status = decideDeploymentStatus(input);
  const patch = deploymentStatusPatch(deployment, status);
  if (patch)
    await unlessGone(
      context.client.patch(referenceTo(deployment), 'merge', patch, { subresource: 'status' }),
    );
  if (deployment.spec?.paused || isComplete(deployment, status)) await cleanUp(context, deployment, decision);
  return untilDeadlineMs(deployment, status, nowMs);
}

/** A template that had a replica set before (a rollback) begins its rollout with finding it. */
function foundRollout(
  deployment: Stored<Deployment>,
  decision: DeploymentDecision,
): Pick<DeploymentStatusInput, 'rollout'> {
  if (!decision.newSet || decision.revision === undefined || decision.create) return {};
  const known = deployment.status?.conditions?.some((one) => one.type === 'Progressing');
  return known && decision.changes.some((change) => change.replicaSet === decision.newSet)
    ? { rollout: { kind: 'found', name: decision.newSet.metadata.name } }
    : {};
}

async function claimReplicaSets(
  context: ControllerContext,
  deployment: Stored<Deployment>,
): Promise<Stored<ReplicaSet>[]> {
  const { lister } = context.informers.replicasets;
  const selects = compileLabelSelector(deployment.spec?.selector);
  const { uid, name, namespace = '' } = deployment.metadata;
  const owned = [...lister.byIndex('owner', uid)];
  if (deployment.metadata.deletionTimestamp !== undefined) return owned;
  const kept = owned.filter((one) => selects(one.metadata.labels ?? {}));
  for (const replicaSet of owned) {
    if (kept.includes(replicaSet)) continue;
    const released = {
      metadata: { uid: replicaSet.metadata.uid, ownerReferences: [{ $patch: 'delete', uid }] },
    };
    await unlessGone(context.client.patch(referenceToSet(replicaSet), 'strategic', released));
  }
  const orphans = [...lister.byIndex('namespace', namespace)].filter(
    (one) =>
      one.metadata.deletionTimestamp === undefined &&
      !one.metadata.ownerReferences?.some((owner) => owner.controller === true) &&
      selects(one.metadata.labels ?? {}),
  );
  for (const orphan of orphans) {
    const ownerReferences = [controllerReference({ type: resources.deployments, name, uid })];
    const adopted = { metadata: { uid: orphan.metadata.uid, ownerReferences } };
    await unlessGone(context.client.patch(referenceToSet(orphan), 'strategic', adopted));
  }
  return [...kept, ...orphans];
}

function podsRun({ informers }: ControllerContext, sets: readonly Stored<ReplicaSet>[]): boolean {
  return sets.some((set) =>
    [...informers.pods.lister.byIndex('owner', set.metadata.uid)].some((pod) => !isFinished(pod)),
  );
}

async function createReplicaSet(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  object: KubeObject,
): Promise<Partial<DeploymentStatusInput>> {
  try {
    const created = (await context.client.create(
      resources.replicasets,
      object,
    )) as unknown as Stored<ReplicaSet>;
    recordScaling(context, deployment, { name: created.metadata.name, from: 0, to: wantedReplicas(created) });
    return { newSet: created, rollout: { kind: 'created', name: created.metadata.name } };
  } catch (error) {
    if (isApiFault(error, 'AlreadyExists')) return resolveCollision(context, deployment, object);
    if (!isApiFault(error)) throw error;
    const message = `Failed to create new replica set "${object.metadata?.name}": ${describeError(error)}`;
    context.events.record({
      subject: subjectOf(deployment),
      component,
      type: 'Warning',
      reason: 'ReplicaSetCreateError',
      message,
    });
    return { createFailure: message };
  }
}

/** The name is taken: by our own replica set, which the informer has yet to show, or by another template's of the same hash. */
async function resolveCollision(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  object: KubeObject,
): Promise<Partial<DeploymentStatusInput>> {
  const name = object.metadata?.name ?? '';
  const namespace = deployment.metadata.namespace ?? '';
  const there = await unlessGone(context.client.get({ type: resources.replicasets, namespace, name }));
  const ours = there?.metadata.ownerReferences?.some((one) => one.uid === deployment.metadata.uid);
  if (!there || (ours && sameTemplate(deployment, there as unknown as ReplicaSet))) return {};
  return { collisionCount: (deployment.status?.collisionCount ?? 0) + 1 };
}

async function changeReplicaSet(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  change: ReplicaSetChange,
): Promise<void> {
  const { replicaSet, replicas, annotations, minReadySeconds } = change;
  const patch = {
    // The decision rests on this version: another writer's change is seen before ours is made.
    metadata: { resourceVersion: replicaSet.metadata.resourceVersion, annotations },
    spec: { replicas, minReadySeconds: minReadySeconds || null },
  };
  await context.client.patch(referenceToSet(replicaSet), 'merge', patch);
  const from = wantedReplicas(replicaSet);
  if (from !== replicas)
    recordScaling(context, deployment, { name: replicaSet.metadata.name, from, to: replicas });
}

function recordScaling(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  { name, from, to }: { name: string; from: number; to: number },
): void {
  if (from === to) return;
  const message = `Scaled ${to > from ? 'up' : 'down'} replica set ${name} from ${from} to ${to}`;
  context.events.record({
    subject: subjectOf(deployment),
    component,
    type: 'Normal',
    reason: 'ScalingReplicaSet',
    message,
  });
}

async function writeRevision(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  revision: string,
): Promise<void> {
  const patch = { metadata: { annotations: { 'deployment.kubernetes.io/revision': revision } } };
  // Through its status, which leaves the generation as it is: nobody has asked for anything new.
  await unlessGone(context.client.patch(referenceTo(deployment), 'merge', patch, { subresource: 'status' }));
}

async function cleanUp(
  context: ControllerContext,
  deployment: Stored<Deployment>,
  decision: DeploymentDecision,
): Promise<void> {
  for (const replicaSet of decideCleanup(deployment, decision.oldSets)) {
    const { uid, resourceVersion } = replicaSet.metadata;
    await unlessGone(
      context.client.delete(referenceToSet(replicaSet), { preconditions: { uid, resourceVersion } }),
    );
  }
}

const referenceTo = ({ metadata: { namespace = '', name } }: Stored<Deployment>) => ({
  type: resources.deployments,
  namespace,
  name,
});
const referenceToSet = ({ metadata: { namespace = '', name } }: Stored<ReplicaSet>) => ({
  type: resources.replicasets,
  namespace,
  name,
});

function subjectOf({ metadata: { namespace = '', name, uid } }: Stored<Deployment>) {
  return { type: resources.deployments, namespace, name, uid };
}
