// Replays what a genuine kube-apiserver was asked, and holds our answers to its: whole bodies, managed fields included.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@selvedge/base';
import { loadKubeconfig } from '@selvedge/client';
import { type ControlPlane, startControlPlane } from '../../start-control-plane.ts';
import { Correspondence } from './correspondence.ts';
import { type Difference, differences } from './differences.ts';
import { knownDifferences } from './known-differences.ts';
import { withoutControllers } from './recorded-controllers.ts';
import { type Recorded, readRecording } from './recording.ts';
import { type ReplayAnswer, type ReplayTarget, sendRecorded } from './replay-client.ts';

let directory: string;
let controlPlane: ControlPlane;
let target: ReplayTarget;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replay-'));
  const nowMs = Date.now();
  controlPlane = await startControlPlane({
    dataDir: directory,
    // Managers stand in the order of their times: as recorded only where all of a case falls into one second.
    clock: { ...systemClock, now: () => nowMs },
    port: 0,
    manager: false,
    logger: silentLogger,
  });
  const { ca = '', cert = '', key = '' } = await loadKubeconfig(controlPlane.adminKubeconfig);
  target = { url: controlPlane.url, ca, cert, key };
});

afterAll(async () => {
  await controlPlane[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const json = { accept: 'application/json', contentType: 'application/json' };

/** What the recorded cluster's controllers had done by then, and later requests build on. */
const interludes: Readonly<Record<string, () => Promise<void>>> = {
  '00-setup/ns2': async () => {
    for (const namespace of ['t1', 't2']) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const body = '{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default"}}';
      const { status } = await sendRecorded(target, { ...json, method: 'POST', path, body });
      expect(status).toBe(201);
    }
  },
  '12-crd/crd': () => untilDefinition((answer) => conditionsOf(answer).length === 2, 'is established'),
  '12-crd/delete': () => untilDefinition(({ status }) => status === 404, 'is gone'),
};

/** Names are accepted, and instances deleted, a moment after the answer. */
async function untilDefinition(isSo: (answer: ReplayAnswer) => boolean, what: string): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.x.io';
  for (let asked = 0; asked < 1_000; asked++) {
    if (isSo(await sendRecorded(target, { ...json, method: 'GET', path }))) return;
  }
  throw new Error(`the definition never ${what}`);
}

function conditionsOf({ body }: ReplayAnswer): readonly unknown[] {
  return (body as { status?: { conditions?: unknown[] } }).status?.conditions ?? [];
}

interface Outcome {
  readonly name: string;
  readonly differences: readonly Difference[];
  readonly statusAgrees: boolean;
}

function compare({ name, response }: Recorded, ours: ReplayAnswer): Outcome {
  const found = [
    ...differences(response.status, ours.status, '/status'),
    ...differences(response.warning?.join(', '), ours.warning, '/warning'),
    ...differences(withoutControllers(response.body), withoutControllers(ours.body), '/body'),
  ];
  const tells = ({ path }: Difference) => /^\/(status|body\/(reason|message))$/.test(path);
  const failed = response.status >= 400;
  const statusAgrees = !found.some((one) => (failed ? tells(one) : one.path === '/status'));
  return { name, differences: found, statusAgrees };
}

async function replay(): Promise<Outcome[]> {
  const correspondence = new Correspondence();
  const outcomes: Outcome[] = [];
  for (const recorded of readRecording()) {
    const { request, response, name } = recorded;
    const body = typeof request.body === 'string' ? correspondence.translate(request.body) : request.body;
    const path = correspondence.translate(request.path);
    const answer = await sendRecorded(target, { ...request, path, ...(body === undefined ? {} : { body }) });
    correspondence.learn(response.body, answer.body);
    outcomes.push(compare(recorded, answer));
    await interludes[name]?.();
  }
  return outcomes;
}

test('answers as a genuine server answered', async () => {
  const outcomes = await replay();
  const unused = new Set(knownDifferences);
  const unknown: string[] = [];
  for (const { name, differences: found } of outcomes) {
    for (const { path, genuine, ours } of found) {
      const known = knownDifferences.find((one) => one.request.test(name) && one.path.test(path));
      if (known) unused.delete(known);
      else unknown.push(`${name}${path}: ${JSON.stringify(genuine)} but ours ${JSON.stringify(ours)}`);
    }
  }
  expect(unknown).toEqual([]);
  expect([...unused].map(({ reason }) => reason)).toEqual([]);
  expect({
    requests: outcomes.length,
    statusReasonAndMessage: outcomes.filter(({ statusAgrees }) => statusAgrees).length,
    wholeAnswers: outcomes.filter((outcome) => outcome.differences.length === 0).length,
  }).toEqual({ requests: 228, statusReasonAndMessage: 223, wholeAnswers: 203 });
}, 60_000);
