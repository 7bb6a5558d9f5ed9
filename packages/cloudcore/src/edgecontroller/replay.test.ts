// What Go edges asked and Go cloudcore answered, as recorded: ours answers in the same form.

import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiFault } from '@selvedge/client';
import { type KubeObject, resources, type Stored } from '@selvedge/kubernetes';
import { decodeMessage, type Message } from '@selvedge/wire';
import { startTestCloud } from './testing/test-cloud.ts';

interface Frame {
  readonly scenario: string;
  readonly connection: string;
  readonly from: 'edge' | 'cloud';
  readonly opcode?: number;
  readonly fin?: boolean;
  readonly text?: string;
}

interface Recorded {
  readonly from: 'edge' | 'cloud';
  readonly message: Message;
}

const file = join(import.meta.dir, '../../../wire/fixtures/hub-frames.jsonl');

function recordedMessages(): Recorded[] {
  const open = new Map<string, string>();
  const messages: Recorded[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    const frame = JSON.parse(line) as Frame;
    if (frame.opcode !== 0 && frame.opcode !== 1) continue;
    const key = `${frame.scenario} ${frame.connection} ${frame.from}`;
    const text = (frame.opcode === 0 ? (open.get(key) ?? '') : '') + (frame.text ?? '');
    open.set(key, text);
    if (frame.fin === false) continue;
    messages.push({ from: frame.from, message: decodeMessage(text) });
  }
  return messages;
}

const messages = recordedMessages();
const answers = new Map(
  messages
    .filter(({ from, message }) => from === 'cloud' && message.header.parent_msg_id)
    .map(({ message }) => [message.header.parent_msg_id ?? '', message]),
);
const requests = messages
  .filter(({ from, message }) => from === 'edge' && answers.has(message.header.msg_id))
  .filter(({ message }) => message.route.source === 'edged')
  .map(({ message }) => message);

/** What the API must have said, told from what Go cloudcore made of it. */
function apiAnswer(content: unknown): Stored<KubeObject> {
  const { ErrStatus, Object: object, Err } = content as Record<string, unknown>;
  const status = ErrStatus ?? (Err as { ErrStatus?: unknown } | null | undefined)?.ErrStatus;
  if (status) throw new ApiFault(status as ConstructorParameters<typeof ApiFault>[0]);
  return (object ?? content) as Stored<KubeObject>;
}

/** The form of an answer: the Object without its type, and of a failure no more than the failure. */
function normalized(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || !('Err' in content)) return content;
  const { Object: object, Err } = content as { Object: KubeObject | null; Err: unknown };
  if (Err !== null || object === null) return { Object: null, Err: withoutType(Err) };
  const { kind: _, apiVersion: __, ...rest } = object;
  return { Object: rest, Err };
}

function withoutType(Err: unknown): unknown {
  const { kind: _, apiVersion: __, ...status } = (Err as { ErrStatus: Record<string, unknown> }).ErrStatus;
  return { ErrStatus: status };
}

test('every recorded request of a Go edge gets the answer that Go cloudcore gave', async () => {
  await using cloud = await startTestCloud();
  for (const { from, message } of messages) {
    const pod = message.content as KubeObject | null;
    if (from === 'cloud' && pod?.kind === 'Pod') cloud.api.put(resources.pods, pod);
  }
  await cloud.clock.advance(0);
  const session = cloud.hub.connect('edge-1');
  expect(requests.length).toBeGreaterThan(200);
  for (const request of requests) {
    const recorded = answers.get(request.header.msg_id);
    if (!recorded) continue;
    const isDelete = request.route.operation === 'delete';
    cloud.api.intercept = (call) =>
      call.verb === 'list' || isDelete ? undefined : apiAnswer(recorded.content);
    cloud.hub.receive(session, request);
    const answer = await session.answerTo(request);
    expect({ request: request.route, answer: answer.route }).toEqual({
      request: request.route,
      answer: recorded.route,
    });
    expect(answer.header.resourceversion).toBe(recorded.header.resourceversion);
    expect(normalized(answer.content)).toEqual(normalized(recorded.content));
  }
});
