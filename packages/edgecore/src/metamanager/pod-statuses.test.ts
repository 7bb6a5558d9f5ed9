import { expect, test } from 'bun:test';
import { pod } from '../test-cloud/objects.ts';
import { OpenedStore } from './testing/opened-store.ts';

const cannot = 'Operation cannot be fulfilled on pods "a": ';
const gone = [
  ['NotFound', 'pods "a" not found'],
  ['Conflict', `${cannot}Precondition failed: UID in precondition: uid-a, UID in object meta: uid-b`],
] as const;
const modified = `${cannot}the object has been modified; please apply your changes to the latest version`;

function refusal(reason: string, message: string) {
  return { ErrStatus: { status: 'Failure', reason, message } };
}

test.each(gone)('a status that meets %s says that the pod is gone: %s', async (reason, message) => {
  await using store = new OpenedStore();
  const { manager, clock } = store;
  const link = store.connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  link.answers.set('patch default/podpatch/a', () => ({ Object: null, Err: refusal(reason, message) }));
  manager.setPodStatus(pod('a'), { phase: 'Running' });
  await clock.advance(100);
  expect(manager.pods()).toEqual([]);
  expect(manager.podStatus('default', 'a')).toBeUndefined();
});

test('a status that meets another conflict is sent again, and so is a deletion; the pod runs on', async () => {
  await using store = new OpenedStore();
  const { manager, clock } = store;
  const link = store.connect();
  link.deliver('insert', 'default/pod/a', pod('a'));
  await clock.advance(0);
  link.answers.set('patch default/podpatch/a', () => ({ Object: null, Err: refusal('Conflict', modified) }));
  manager.setPodStatus(pod('a'), { phase: 'Running' });
  await clock.advance(100);
  expect(manager.pods().length).toBe(1);
  await clock.advance(1_500);
  expect(link.requests('patch', 'default/podpatch/a').length).toBe(2);
  link.answers.set('delete default/pod/a', () => refusal('Conflict', modified));
  manager.podTerminated(pod('a'));
  await clock.advance(1_500);
  expect(link.requests('delete', 'default/pod/a').length).toBe(2);
});
