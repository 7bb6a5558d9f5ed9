// The job controller: runs pods until enough of them have succeeded or too many have failed.
// Jobs with a completion index of their own for each pod (`completionMode: Indexed`) are not run, and say so.

import type { WorkQueue } from '@selvedge/base';
import { type Job, resources, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { compileLabelSelector } from '../machinery/label-selector.ts';
import { PendingWrites } from '../machinery/pending-writes.ts';
import {
  createPod,
  deletePod,
  isTerminatingNamespace,
  keyOf,
  observePod,
  type PodControl,
} from '../machinery/pod-control.ts';
import { claimPods, type PodOwner } from '../machinery/pod-ownership.ts';
import { controllerOf, type PodRecord } from '../machinery/pod-record.ts';
import { slowStart } from '../machinery/slow-start.ts';
import { decideJob, type Ending, type JobDecision } from './decide.ts';
import { isTracked, trackingFinalizer } from './tally.ts';

const component = 'job-controller';
/** Pods change in crowds: a job looks once at all that changed within this time. */
const settleMs = 20;
/** The informer shows what was written within moments; should it not, the job is looked at again after this time. */
const staleMs = 1_000;

interface State {
  readonly control: PodControl;
  /** By the job's uid: when one of its pods last failed. */
  readonly failures: Map<string, number>;
  /** By the job's uid: the version that its status was last written as. Older ones know of too few finished pods to decide on. */
  readonly written: Map<string, bigint>;
}

export async function runJobController(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const pending = new PendingWrites(context.clock);
  const state: State = { control: { context, component, pending }, failures: new Map(), written: new Map() };
  await runController({
    name: 'job',
    context,
    signal,
    concurrency: 5,
    reconcile: (key) => reconcile(state, key),
    follow: (queue) => [
      context.informers.jobs.subscribe({
        added: (job) => queue.add(keyOfJob(job.metadata)),
        modified: (job) => queue.add(keyOfJob(job.metadata)),
        deleted: ({ metadata }) => {
          pending.forget(keyOf(ownerName(metadata)));
          state.failures.delete(metadata.uid);
          state.written.delete(metadata.uid);
          queue.add(keyOfJob(metadata));
        },
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
    if (owner?.kind !== resources.jobs.kind) return;
    const { name, uid } = owner;
    observePod(pending, keyOf({ namespace: pod.namespace, name }), pod, gone);
    queue.addAfter(keyOfJob({ namespace: pod.namespace, name, uid }), settleMs);
  };
  return informers.pods.subscribe({
    added: (pod) => changed(pod, false),
    modified: (pod) => changed(pod, false),
    deleted: (pod) => changed(pod, true),
  });
}

/** With the uid: a job that was made anew under its name has nothing to do with the pods of the first. */
function keyOfJob({ namespace = '', name, uid }: { namespace?: string; name: string; uid: string }): string {
  return `${namespace}/${name}/${uid}`;
}

const ownerName = ({ namespace = '', name }: { namespace?: string; name: string }) => ({ namespace, name });

async function reconcile(state: State, key: string): Promise<number | undefined> {
  const { context, pending } = state.control;
  const { informers, client, clock } = context;
  const [namespace = '', name = '', uid = ''] = key.split('/');
  const job = informers.jobs.lister.get(keyOf({ namespace, name }));
  if (job?.metadata.uid !== uid || job.metadata.deletionTimestamp !== undefined) return letGo(context, uid);
  if (BigInt(job.metadata.resourceVersion) < (state.written.get(uid) ?? 0n)) return staleMs;
  if (job.spec?.completionMode === 'Indexed') return tell(context, job, notRun);
  const owner = ownerOf(job);
  const pods = await claimPods(client, informers, owner);
  const waitMs = pending.remainingMs(keyOf(owner));
  const nowMs = clock.now();
  if (waitMs > 0) return waitMs;
  const decision = decideJob({ job, pods, lastFailureMs: state.failures.get(uid), nowMs });
  if (decision.tally.newFailures > 0) state.failures.set(uid, nowMs);
  const version = await writeStatus(context, job, decision);
  if (version !== undefined) state.written.set(uid, BigInt(version));
  for (const pod of decision.tally.release) await release(context, pod);
  if (decision.expired) await unlessGone(client.delete(owner, { propagationPolicy: 'Background' }));
  else await scale(state.control, owner, job, decision);
  if (decision.ended) tell(context, job, endingEvent(decision.ended));
  return decision.againMs;
}

async function scale(
  control: PodControl,
  owner: PodOwner,
  job: Stored<Job>,
  { create, remove }: JobDecision,
): Promise<void> {
  const template = job.spec?.template ?? {};
  const tracked = { ...template, metadata: { ...template.metadata, finalizers: [trackingFinalizer] } };
  const created = await slowStart(create, () => createPod(control, owner, tracked));
  if (created.error !== undefined && !isTerminatingNamespace(created.error)) throw created.error;
  for (const pod of remove) {
    // It goes because it is not wanted, not because it failed: it is not to be counted.
    await release(control.context, pod);
    await deletePod(control, owner, pod);
  }
}

async function writeStatus(
  { client }: ControllerContext,
  job: Stored<Job>,
  { status }: JobDecision,
): Promise<string | undefined> {
  const present = (job.status ?? {}) as Record<string, unknown>;
  const same = Object.entries(status).every(([field, value]) => text(present[field]) === text(value));
  if (same) return undefined;
  const { namespace = '', name, resourceVersion } = job.metadata;
  // Counts rest on this version: one that was counted on in between is not to be counted again.
  const patch = { metadata: { resourceVersion }, status };
  const reference = { type: resources.jobs, namespace, name };
  const written = await client.patch(reference, 'merge', patch, { subresource: 'status' });
  return written.metadata.resourceVersion;
}

/** The same text for what is not there, null, and an object of nothing but that. */
function text(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return JSON.stringify(value ?? null);
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return kept.length === 0 ? 'null' : JSON.stringify(Object.fromEntries(kept));
}

/** Pods of a job that is gone or going have nobody who would count them. */
async function letGo(context: ControllerContext, uid: string): Promise<undefined> {
  for (const pod of context.informers.pods.lister.byIndex('owner', uid)) await release(context, pod);
  return undefined;
}

async function release({ client }: ControllerContext, pod: PodRecord): Promise<void> {
  if (!isTracked(pod)) return;
  const { namespace, name, uid, resourceVersion } = pod;
  const finalizers = pod.finalizers.filter((one) => one !== trackingFinalizer);
  const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null } };
  await unlessGone(client.patch({ type: resources.pods, namespace, name }, 'merge', patch));
}

interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const notRun: JobEvent = {
  type: 'Warning',
  reason: 'NotSupported',
  message: 'Jobs with completionMode Indexed are not run here',
};

function endingEvent({ kind, reason, message }: Ending): JobEvent {
  if (kind === 'Failed') return { type: 'Warning', reason, message };
  return { type: 'Normal', reason: 'Completed', message: 'Job completed' };
}

function tell({ events }: ControllerContext, job: Stored<Job>, event: JobEvent): undefined {
  const { namespace = '', name, uid } = job.metadata;
  events.record({ subject: { type: resources.jobs, namespace, name, uid }, component, ...event });
  return undefined;
}

function ownerOf(job: Stored<Job>): PodOwner {
  const { namespace = '', name, uid } = job.metadata;
  return {
    type: resources.jobs,
    namespace,
    name,
    uid,
    selects: compileLabelSelector(job.spec?.selector),
    deleting: false,
  };
}
