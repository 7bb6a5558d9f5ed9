// How many replicas each replica set of a deployment should have next: rolling update, recreation, scaling in proportion. Pure.

import type { Deployment, ReplicaSet, Stored } from '@selvedge/kubernetes';
import { byAge, desiredReplicasAnnotation, maxReplicasAnnotation } from './revisions.ts';

export interface Sizes {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Wanted sizes by replica set name; absent: as it is. */
export type Scaling = ReadonlyMap<string, number>;

const unchanged: Scaling = new Map();

export function sizesOf(deployment: Deployment): Sizes {
  const replicas = deployment.spec?.replicas ?? 1;
  if (deployment.spec?.strategy?.type === 'Recreate') return { replicas, maxSurge: 0, maxUnavailable: 0 };
  const rolling = deployment.spec?.strategy?.rollingUpdate;
  const maxSurge = share(rolling?.maxSurge ?? '25%', replicas, Math.ceil);
  const maxUnavailable = share(rolling?.maxUnavailable ?? '25%', replicas, Math.floor);
  // With neither room above nor below nothing could ever move.
  const atLeast = maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable;
  return { replicas, maxSurge, maxUnavailable: Math.min(atLeast, replicas) };
}

export function share(value: string | number, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d{1,9})%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

export const wantedReplicas = (replicaSet: ReplicaSet): number => replicaSet.spec?.replicas ?? 1;
const availableReplicas = (replicaSet: ReplicaSet): number => replicaSet.status?.availableReplicas ?? 0;
const isActiveSet = (replicaSet: ReplicaSet): boolean => wantedReplicas(replicaSet) > 0;

export function totalReplicas(replicaSets: readonly ReplicaSet[]): number {
  return replicaSets.reduce((total, replicaSet) => total + wantedReplicas(replicaSet), 0);
}

/** The new replica set's next size: as large as the surge above all others allows. */
export function newReplicaSetSize(
  sizes: Sizes,
  present: number,
  all: readonly ReplicaSet[],
  recreate: boolean,
): number {
  if (recreate || present >= sizes.replicas) return sizes.replicas;
  const room = sizes.replicas + sizes.maxSurge - totalReplicas(all);
  return room <= 0 ? present : present + Math.min(room, sizes.replicas - present);
}

/** One step of a rolling update: the new replica set grows first; when it cannot, the old ones shrink. */
export function rollingStep(
  sizes: Sizes,
  newSet: Stored<ReplicaSet>,
  oldSets: readonly Stored<ReplicaSet>[],
): Scaling {
  const present = wantedReplicas(newSet);
  const wanted = newReplicaSetSize(sizes, present, [newSet, ...oldSets], false);
  if (wanted !== present) return new Map([[newSet.metadata.name, wanted]]);
  return shrinkOld(sizes, newSet, byAge(oldSets.filter(isActiveSet)));
}

function shrinkOld(
  sizes: Sizes,
  newSet: Stored<ReplicaSet>,
  oldSets: readonly Stored<ReplicaSet>[],
): Scaling {
  if (oldSets.length === 0) return unchanged;
  const minAvailable = sizes.replicas - sizes.maxUnavailable;
  const newUnavailable = wantedReplicas(newSet) - availableReplicas(newSet);
  const maxScaledDown = totalReplicas([newSet, ...oldSets]) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return unchanged;
  const scaling = new Map<string, number>();
  // Replicas that do not work go first: they take nothing from availability.
  let budget = maxScaledDown;
  for (const set of oldSets) {
    const broken = Math.min(budget, wantedReplicas(set) - availableReplicas(set));
    if (broken <= 0) continue;
    scaling.set(set.metadata.name, wantedReplicas(set) - broken);
    budget -= broken;
  }
  let spare = [newSet, ...oldSets].reduce((total, set) => total + availableReplicas(set), 0) - minAvailable;
  for (const set of oldSets) {
    if (spare <= 0) break;
    const left = scaling.get(set.metadata.name) ?? wantedReplicas(set);
    const down = Math.min(left, spare);
    if (down === 0) continue;
    scaling.set(set.metadata.name, left - down);
    spare -= down;
  }
  return scaling;
}

export function scaleToZero(sets: readonly Stored<ReplicaSet>[]): Scaling {
  return new Map(sets.filter(isActiveSet).map((set) => [set.metadata.name, 0]));
}

/** Whether the deployment was resized since its replica sets were last scaled. */
export function isScalingEvent(replicas: number, sets: readonly Stored<ReplicaSet>[]): boolean {
  return sets.filter(isActiveSet).some((set) => {
    const annotated = set.metadata.annotations?.[desiredReplicasAnnotation];
    return annotated !== undefined && Number(annotated) !== replicas;
  });
}

export interface ProportionalInput {
  readonly sizes: Sizes;
  readonly newSet: Stored<ReplicaSet> | undefined;
  readonly oldSets: readonly Stored<ReplicaSet>[];
  readonly rolling: boolean;
  /** status.replicas of the deployment: what a replica set without annotation was scaled for. */
  readonly statusReplicas: number;
}

/** A resize during a rollout: one active replica set takes it all, several share it in proportion to their sizes. */
export function scaleInProportion(input: ProportionalInput): Scaling {
  const { sizes, newSet, oldSets, rolling } = input;
  const all = [...oldSets, ...(newSet ? [newSet] : [])];
  const active = all.filter(isActiveSet);
  const only = active.length > 1 ? undefined : (active[0] ?? newSet ?? byAge(oldSets).at(-1));
  if (only) {
    return wantedReplicas(only) === sizes.replicas
      ? unchanged
      : new Map([[only.metadata.name, sizes.replicas]]);
  }
  if (newSet && isSaturated(newSet, sizes.replicas)) return scaleToZero(oldSets);
  return rolling ? shareOut(input, active) : unchanged;
}

function isSaturated(set: Stored<ReplicaSet>, replicas: number): boolean {
  const annotated = Number(set.metadata.annotations?.[desiredReplicasAnnotation]);
  return wantedReplicas(set) === replicas && annotated === replicas && availableReplicas(set) === replicas;
}

function shareOut(
  { sizes, statusReplicas }: ProportionalInput,
  active: readonly Stored<ReplicaSet>[],
): Scaling {
  const allowed = sizes.replicas > 0 ? sizes.replicas + sizes.maxSurge : 0;
  const toAdd = allowed - totalReplicas(active);
  const growing = toAdd > 0;
  // The largest first; of equal ones the newest grows and the oldest shrinks.
  const oldestFirst = byAge(active);
  const order = (growing ? oldestFirst.reverse() : oldestFirst).sort(
    (left, right) => wantedReplicas(right) - wantedReplicas(left),
  );
  const scaling = new Map<string, number>();
  let added = 0;
  for (const set of order) {
    const fraction = toAdd === 0 ? 0 : fractionOf(set, sizes, statusReplicas);
    const left = toAdd - added;
    const part = growing ? Math.min(Math.max(fraction, 0), left) : Math.max(Math.min(fraction, 0), left);
    scaling.set(set.metadata.name, wantedReplicas(set) + part);
    added += part;
  }
  const first = order[0];
  if (first) {
    const size = (scaling.get(first.metadata.name) ?? 0) + toAdd - added;
    scaling.set(first.metadata.name, Math.max(0, size));
  }
  return scaling;
}

function fractionOf(set: Stored<ReplicaSet>, sizes: Sizes, statusReplicas: number): number {
  const present = wantedReplicas(set);
  if (sizes.replicas === 0) return -present;
  const annotated = Number(set.metadata.annotations?.[maxReplicasAnnotation]) || statusReplicas || present;
  return Math.round((present * (sizes.replicas + sizes.maxSurge)) / annotated) - present;
}
