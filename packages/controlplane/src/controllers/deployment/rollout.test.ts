// Rollouts played through: whatever the sizes and whatever fails or changes on the way, they keep their promises and end.

import { expect, test } from 'bun:test';
import type { Deployment, ReplicaSet, Stored } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { secondsAgo, testDeployment, testTemplate } from '../testing/objects.ts';
import { decideDeployment } from './decide.ts';
import { sizesOf, totalReplicas } from './rolling.ts';

interface Cluster {
  deployment: Stored<Deployment>;
  sets: Stored<ReplicaSet>[];
}

function change(cluster: Cluster, spec: object): void {
  const { deployment } = cluster;
  cluster.deployment = { ...deployment, spec: { ...deployment.spec, ...spec } } as Stored<Deployment>;
}

const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;

/** What the deployment controller does with one decision. */
function control(cluster: Cluster): boolean {
  const decision = decideDeployment({
    deployment: cluster.deployment,
    replicaSets: cluster.sets,
    oldPodsRun: (sets) => sets.some((set) => (set.status?.replicas ?? 0) > 0),
  });
  if (decision.create) {
    const made = decision.create as unknown as Stored<ReplicaSet>;
    const uid = `uid of ${made.metadata.name}`;
    const metadata = { ...made.metadata, uid, creationTimestamp: secondsAgo(1_000 - cluster.sets.length) };
    cluster.sets.push({ ...made, metadata, status: { replicas: 0, availableReplicas: 0 } });
  }
  for (const { replicaSet, replicas, annotations } of decision.changes) {
    replicaSet.metadata.annotations = { ...annotations };
    if (replicaSet.spec) replicaSet.spec.replicas = replicas;
  }
  if (decision.revision !== undefined) {
    cluster.deployment.metadata.annotations = { 'deployment.kubernetes.io/revision': decision.revision };
  }
  return decision.create !== undefined || decision.changes.length > 0;
}

/** What replica sets do: pods beyond the wanted number go, those that do not work first; missing ones come, and work later. */
function play(cluster: Cluster, works: (image: string) => number): boolean {
  const before = JSON.stringify(cluster.sets);
  cluster.sets = cluster.sets.map((set) => {
    const wanted = set.spec?.replicas ?? 0;
    const image = set.spec?.template?.spec?.containers[0]?.image ?? '';
    const availableReplicas = Math.min(wanted, available(set) + works(image));
    return { ...set, status: { replicas: wanted, availableReplicas } };
  });
  const status = { ...cluster.deployment.status, replicas: totalReplicas(cluster.sets) };
  cluster.deployment = { ...cluster.deployment, status };
  return JSON.stringify(cluster.sets) !== before;
}

function settle(cluster: Cluster, check: () => void): void {
  for (let round = 0; round < 500; round++) {
    const decided = control(cluster);
    check();
    const moved = play(cluster, () => 1);
    if (!decided && !moved) return;
  }
  throw new Error('it does not end');
}

const amount = fc.oneof(
  fc.nat(6),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

test('a rollout never has too many pods nor too few that work, and ends with the new ones alone', () => {
  fc.assert(
    fc.property(fc.nat(12), amount, amount, fc.nat(3), (replicas, maxSurge, maxUnavailable, broken) => {
      const deployment = testDeployment({
        replicas,
        strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
      });
      const cluster: Cluster = { deployment, sets: [] };
      settle(cluster, () => undefined);
      expect(cluster.sets.map(available)).toEqual([replicas]);

      // Some broken templates on the way, each for a few steps only.
      for (let version = 2; version <= broken + 1; version++) {
        change(cluster, { template: testTemplate(`broken:${version}`) });
        for (let step = 0; step < 3; step++) {
          control(cluster);
          play(cluster, (image) => (image.startsWith('broken') ? 0 : 1));
        }
      }
      change(cluster, { template: testTemplate('image:9') });
      const sizes = sizesOf(deployment);
      settle(cluster, () => {
        expect(totalReplicas(cluster.sets)).toBeLessThanOrEqual(sizes.replicas + sizes.maxSurge);
        const working = cluster.sets.reduce(
          (sum, set) => sum + Math.min(available(set), set.spec?.replicas ?? 0),
          0,
        );
        expect(working).toBeGreaterThanOrEqual(sizes.replicas - sizes.maxUnavailable);
      });
      const newest = cluster.sets.filter((set) => available(set) > 0);
      expect(newest.map((set) => set.spec?.template?.spec?.containers[0]?.image)).toEqual(
        replicas > 0 ? ['image:9'] : [],
      );
      expect(totalReplicas(cluster.sets)).toBe(replicas);
    }),
    { numRuns: 150 },
  );
});

test('sizes, templates and strategies may change at any time: it ends with what was asked for last', () => {
  const changes = fc.record({
    replicas: fc.nat(12),
    version: fc.integer({ min: 1, max: 3 }),
    type: fc.constantFrom('RollingUpdate', 'Recreate'),
    paused: fc.boolean(),
    steps: fc.nat(4),
  });
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 6 }), (all) => {
      const cluster: Cluster = { deployment: testDeployment(), sets: [] };
      for (const { replicas, version, type, paused, steps } of all) {
        change(cluster, { replicas, paused, strategy: { type }, template: testTemplate(`image:${version}`) });
        for (let step = 0; step < steps; step++) {
          control(cluster);
          play(cluster, () => 1);
        }
      }
      change(cluster, { paused: false });
      settle(cluster, () => undefined);
      const last = all.at(-1);
      const working = cluster.sets.filter((set) => (set.spec?.replicas ?? 0) > 0);
      expect(working.map((set) => [set.spec?.template?.spec?.containers[0]?.image, available(set)])).toEqual(
        last && last.replicas > 0 ? [[`image:${last.version}`, last.replicas]] : [],
      );
    }),
    { numRuns: 150 },
  );
});
