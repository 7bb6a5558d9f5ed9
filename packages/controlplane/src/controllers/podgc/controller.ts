// Pod garbage collection: deletes pods that no node agent will ever end.

import { describeError, sleep } from '@selvedge/base';
import { resources } from '@selvedge/kubernetes';
import { type ControllerContext, unlessGone } from '../machinery/controller.ts';
import { timestamp } from '../machinery/event-recorder.ts';
import { isFinished, type PodRecord } from '../machinery/pod-record.ts';
import { decidePodGc } from './decide.ts';

const periodMs = 20_000;

export async function runPodGarbageCollector(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { informers, clock, logger } = context;
  const missingSince = new Map<string, number>();
  while (!signal.aborted) {
    const decision = decidePodGc({
      pods: informers.pods.lister.list(),
      nodeExists: (name) => informers.nodes.lister.get(name) !== undefined,
      missingSince,
      nowMs: clock.monotonic(),
    });
    try {
      const lost = await withoutNode(context, decision.orphaned);
      for (const pod of lost) await fail(context, pod);
      for (const pod of [...lost, ...decision.useless]) await remove(context, pod);
    } catch (error) {
      // What is left is found again in the next round.
      if (!signal.aborted) logger.warn('pods not collected', { error: describeError(error) });
    }
    await sleep(clock, periodMs, signal);
  }
}

/** The informer may be behind: pods are given up only when the server says too that their node is gone. */
async function withoutNode({ client }: ControllerContext, pods: readonly PodRecord[]): Promise<PodRecord[]> {
  const names = [...new Set(pods.map((pod) => pod.nodeName))];
  const gone = new Set<string>();
  for (const name of names)
    if (!(await unlessGone(client.get({ type: resources.nodes, name })))) gone.add(name);
  return pods.filter((pod) => gone.has(pod.nodeName));
}

/** A pod that ran on a node that is gone did not succeed, and says so while its finalizers hold it. */
async function fail({ client, clock }: ControllerContext, pod: PodRecord): Promise<void> {
  if (isFinished(pod)) return;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastTransitionTime: timestamp(clock.now()),
  };
  const patch = { metadata: { uid: pod.uid }, status: { phase: 'Failed', conditions: [condition] } };
  await unlessGone(client.patch(referenceTo(pod), 'strategic', patch, { subresource: 'status' }));
}

async function remove({ client }: ControllerContext, pod: PodRecord): Promise<void> {
  await unlessGone(
    client.delete(referenceTo(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } }),
  );
}

const referenceTo = ({ namespace, name }: PodRecord) => ({ type: resources.pods, namespace, name });
