// Creates pods from a template and deletes them, on behalf of a controller, telling it in Events.

import { describeError, isFault, sleep } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, type PodTemplateSpec, resources } from '@selvedge/kubernetes';
import { type ControllerContext, unlessGone } from './controller.ts';
import type { PendingWrites } from './pending-writes.ts';
import { controllerReference, type PodOwner } from './pod-ownership.ts';
import { type PodRecord, podKey } from './pod-record.ts';
import { nameAlphabet } from './template-hash.ts';

export interface PodControl {
  readonly context: ControllerContext;
  readonly component: string;
  readonly pending: PendingWrites;
}

export type PodTemplate = Pick<PodTemplateSpec, 'metadata' | 'spec'>;

export async function createPod(control: PodControl, owner: PodOwner, template: PodTemplate): Promise<void> {
  const { context, pending, component } = control;
  const subject = { ...owner, type: owner.type };
  const name = podName(owner.name, context.random);
  try {
    await createNamed(control, podOfTemplate(owner, template), name);
    const key = `${owner.namespace}/${name}`;
    if (!context.informers.pods.lister.get(key)) pending.expect(keyOf(owner), `+${key}`);
    const message = `Created pod: ${name}`;
    context.events.record({ subject, component, type: 'Normal', reason: 'SuccessfulCreate', message });
  } catch (error) {
    // In a namespace on its way out every creation fails: that is no news.
    if (!isTerminatingNamespace(error)) {
      const message = `Error creating: ${describeError(error)}`;
      context.events.record({ subject, component, type: 'Warning', reason: 'FailedCreate', message });
    }
    throw error;
  }
}

const suffixLength = 5;
const maxNameLength = 63;

/** As a server makes names of `generateName`; made here, so that a pod is found again whose creation nobody answered. */
function podName(owner: string, random: () => number): string {
  let name = `${owner}-`.slice(0, maxNameLength - suffixLength);
  for (let digit = 0; digit < suffixLength; digit++)
    name += nameAlphabet[Math.floor(random() * nameAlphabet.length)];
  return name;
}

/** A server that went away may have written before it went: it is asked when it is back, so that no pod is made twice. */
async function createNamed({ context }: PodControl, pod: KubeObject, name: string): Promise<void> {
  const { client, clock } = context;
  const metadata = { ...pod.metadata, name };
  try {
    await client.create(resources.pods, { ...pod, metadata });
  } catch (error) {
    if (!isFault(error, 'client/unreachable')) throw error;
    for (let asked = 0; asked < maxAsked; asked++) {
      await sleep(clock, askAgainMs);
      const there = await isThere(client, metadata.namespace ?? '', name);
      if (there) return;
      if (there === false) break;
    }
    throw error;
  }
}

/** Undefined where nobody answers. */
async function isThere(client: KubeClient, namespace: string, name: string): Promise<boolean | undefined> {
  try {
    return (await unlessGone(client.get({ type: resources.pods, namespace, name }))) !== undefined;
  } catch (error) {
    if (isFault(error, 'client/unreachable')) return undefined;
    throw error;
  }
}

const askAgainMs = 250;
const maxAsked = 40;

export async function deletePod(control: PodControl, owner: PodOwner, pod: PodRecord): Promise<void> {
  const { context, pending, component } = control;
  const key = podKey(pod);
  pending.expect(keyOf(owner), `-${key}`);
  try {
    await unlessGone(
      context.client.delete(
        { type: resources.pods, namespace: pod.namespace, name: pod.name },
        { preconditions: { uid: pod.uid } },
      ),
    );
    const message = `Deleted pod: ${pod.name}`;
    context.events.record({ subject: owner, component, type: 'Normal', reason: 'SuccessfulDelete', message });
  } catch (error) {
    pending.observed(keyOf(owner), `-${key}`);
    const message = `Error deleting: ${describeError(error)}`;
    context.events.record({ subject: owner, component, type: 'Warning', reason: 'FailedDelete', message });
    throw error;
  }
}

export const keyOf = (owner: Pick<PodOwner, 'namespace' | 'name'>): string =>
  `${owner.namespace}/${owner.name}`;

export function isTerminatingNamespace(error: unknown): boolean {
  if (!isApiFault(error, 'Forbidden', 'NotFound')) return false;
  const causes = error.status.details?.causes ?? [];
  return error.reason === 'NotFound' || causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

export function podOfTemplate(owner: PodOwner, template: PodTemplate): KubeObject {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: owner.namespace,
      generateName: `${owner.name}-`,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  };
}

/** Tells the owner's pending writes what a pod event shows. */
export function observePod(pending: PendingWrites, ownerKey: string, pod: PodRecord, gone: boolean): void {
  const key = podKey(pod);
  pending.observed(ownerKey, `+${key}`);
  if (gone || pod.deletedMs > 0) pending.observed(ownerKey, `-${key}`);
}
