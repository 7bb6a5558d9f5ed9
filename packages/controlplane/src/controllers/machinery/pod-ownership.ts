// Which pods a controller owns: it adopts orphans that its selector takes and lets go of pods that it no longer takes.

import type { KubeClient } from '@selvedge/client';
import { apiVersionOf, type OwnerReference, type ResourceType, resources } from '@selvedge/kubernetes';
import { unlessGone } from './controller.ts';
import type { LabelPredicate } from './label-selector.ts';
import { controllerOf, type PodRecord } from './pod-record.ts';
import type { SharedInformers } from './shared-informers.ts';

export interface PodOwner {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly selects: LabelPredicate;
  readonly deleting: boolean;
}

export interface Ownership {
  readonly owned: readonly PodRecord[];
  readonly adopt: readonly PodRecord[];
  readonly release: readonly PodRecord[];
}

/** A pure split of what the owner controls and what it might adopt. */
export function decideOwnership(
  owner: PodOwner,
  controlled: Iterable<PodRecord>,
  orphans: Iterable<PodRecord>,
): Ownership {
  const owned: PodRecord[] = [];
  const release: PodRecord[] = [];
  for (const pod of controlled) {
    if (controllerOf(pod)?.uid !== owner.uid) continue;
    if (owner.selects(pod.labels) || pod.deletedMs > 0) owned.push(pod);
    else if (!owner.deleting) release.push(pod);
  }
  const adopt = owner.deleting
    ? []
    : [...orphans].filter(
        (pod) =>
          pod.deletedMs === 0 &&
          owner.selects(pod.labels) &&
          pod.phase !== 'Succeeded' &&
          pod.phase !== 'Failed',
      );
  return { owned, adopt, release };
}

/** The pods that the owner controls now, after adopting and releasing what it has to. */
export async function claimPods(
  client: KubeClient,
  informers: SharedInformers,
  owner: PodOwner,
): Promise<PodRecord[]> {
  const { lister } = informers.pods;
  const { owned, adopt, release } = decideOwnership(
    owner,
    lister.byIndex('owner', owner.uid),
    lister.byIndex('orphan', owner.namespace),
  );
  for (const pod of release) await releasePod(client, owner, pod);
  if (adopt.length > 0 && (await stillThere(client, owner))) {
    for (const pod of adopt) await adoptPod(client, owner, pod);
    return [...owned, ...adopt];
  }
  return [...owned];
}

export function controllerReference(owner: Pick<PodOwner, 'type' | 'name' | 'uid'>): OwnerReference {
  return {
    apiVersion: apiVersionOf(owner.type),
    kind: owner.type.kind,
    name: owner.name,
    uid: owner.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The informer may be behind: an owner that was deleted and made anew must not adopt in its old name. */
async function stillThere(client: KubeClient, owner: PodOwner): Promise<boolean> {
  const live = await unlessGone(client.get(owner));
  return live?.metadata.uid === owner.uid && live.metadata.deletionTimestamp === undefined;
}

function adoptPod(client: KubeClient, owner: PodOwner, pod: PodRecord): Promise<unknown> {
  const patch = { metadata: { uid: pod.uid, ownerReferences: [controllerReference(owner)] } };
  return unlessGone(client.patch({ type: resources.pods, ...nameOf(pod) }, 'strategic', patch));
}

function releasePod(client: KubeClient, owner: PodOwner, pod: PodRecord): Promise<unknown> {
  const patch = { metadata: { uid: pod.uid, ownerReferences: [{ $patch: 'delete', uid: owner.uid }] } };
  return unlessGone(client.patch({ type: resources.pods, ...nameOf(pod) }, 'strategic', patch));
}

const nameOf = (pod: PodRecord) => ({ namespace: pod.namespace, name: pod.name });
