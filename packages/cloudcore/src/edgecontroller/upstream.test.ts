import { expect, test } from 'bun:test';
import { type KubeObject, resources } from '@selvedge/kubernetes';
import type { FakeHub, FakeSession } from './testing/fake-hub.ts';
import type { MemoryApi } from './testing/memory-api.ts';
import { startTestCloud, testNode, testPod } from './testing/test-cloud.ts';

const ours = ['pipeline', 'digest', 'lease'];

function fill(api: MemoryApi): void {
  api.put(resources.nodes, testNode('edge'));
  api.put(resources.pods, testPod('app', 'edge'));
}

function report(hub: FakeHub, session: FakeSession, phase: string) {
  return hub.ask(session, 'patch', 'default/podpatch/app', {
    metadata: { uid: 'uid-app' },
    status: { phase },
  });
}

const phaseOf = (api: MemoryApi) =>
  (api.read(resources.pods, 'default/app') as (KubeObject & { status?: { phase?: string } }) | undefined)
    ?.status?.phase;

/** Lets the API hold back the first patch of a pod until it is let go. */
function holdFirstPatch(api: MemoryApi) {
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const patch = api.patch.bind(api);
  let first = true;
  api.patch = async (reference, ...rest) => {
    if (first && reference.type === resources.pods) {
      first = false;
      reached.resolve();
      await held.promise;
    }
    return patch(reference, ...rest);
  };
  return { reached: reached.promise, release: held.resolve };
}

test('a status left under way by a broken connection does not overtake that of the next session', async () => {
  await using cloud = await startTestCloud(fill);
  const { reached, release } = holdFirstPatch(cloud.api);
  const before = cloud.hub.connect('edge', ours);
  report(cloud.hub, before, 'Pending');
  report(cloud.hub, before, 'Running');
  await reached;
  cloud.hub.disconnect(before);
  const after = cloud.hub.connect('edge', ours);
  const last = report(cloud.hub, after, 'Succeeded');
  release();
  await after.answerTo(last);
  expect(phaseOf(cloud.api)).toBe('Succeeded');
  const patches = cloud.api.calls.filter(({ verb, resource }) => verb === 'patch' && resource === 'pods');
  // What waited behind the first when its session ended was never sent.
  expect(patches.map(({ body }) => (body as { status: { phase: string } }).status.phase)).toEqual([
    'Pending',
    'Succeeded',
  ]);
});

test('a slow request for one object does not hold up another', async () => {
  await using cloud = await startTestCloud(fill);
  const { reached, release } = holdFirstPatch(cloud.api);
  const session = cloud.hub.connect('edge', ours);
  const slow = report(cloud.hub, session, 'Running');
  await reached;
  const other = cloud.hub.ask(session, 'query', 'null/node/edge');
  await session.answerTo(other);
  release();
  await session.answerTo(slow);
});

const refusedWith = (reason: string, code: number) =>
  expect.objectContaining({ ErrStatus: expect.objectContaining({ reason, code }) });

test('what is too large is refused as it comes, and so is more than a node may have waiting', async () => {
  await using cloud = await startTestCloud(fill);
  const { reached, release } = holdFirstPatch(cloud.api);
  const session = cloud.hub.connect('edge', ours);
  const first = report(cloud.hub, session, 'Running');
  await reached;
  const large = cloud.hub.ask(session, 'update', 'default/node/edge', 'x'.repeat(4 << 20));
  expect((await session.answerTo(large)).content).toEqual(refusedWith('RequestEntityTooLarge', 413));
  const waiting = Array.from({ length: 5 }, () => report(cloud.hub, session, 'x'.repeat(3 << 20)));
  const tooMany = report(cloud.hub, session, 'x'.repeat(3 << 20));
  expect((await session.answerTo(tooMany)).content).toEqual({
    Object: null,
    Err: refusedWith('TooManyRequests', 429),
  });
  release();
  await session.answerTo(first);
  for (const request of waiting) {
    expect((await session.answerTo(request)).content).toEqual({
      Object: null,
      Err: refusedWith('RequestEntityTooLarge', 413),
    });
  }
  await session.answerTo(report(cloud.hub, session, 'Succeeded'));
  expect(phaseOf(cloud.api)).toBe('Succeeded');
});
