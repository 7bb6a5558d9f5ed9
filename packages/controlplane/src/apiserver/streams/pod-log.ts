// `kubectl logs`: the node's answer, passed on piece by piece.

import type { IncomingMessage } from 'node:http';
import type { Answer, AnswerStream } from '../api-request.ts';
import { refuse } from '../status-error.ts';
import type { VerbCall } from '../verbs/target.ts';
import { isWebSocket, sendByWebSocket } from './log-web-socket.ts';
import { refusalOf } from './node-refusal.ts';
import { chooseContainer, findPod, nodeOf } from './pod-target.ts';

/** What a kubelet understands, under the same names. */
const passedOn = [
  'follow',
  'previous',
  'sinceSeconds',
  'sinceTime',
  'timestamps',
  'tailLines',
  'limitBytes',
  'stream',
];

export async function podLog(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const query = new URLSearchParams();
  for (const name of passedOn) {
    const value = request.query.get(name);
    if (value !== null) query.set(name, value);
  }
  checkNumbers(query, target.name);
  const pod = findPod(call);
  const container = chooseContainer(pod, request.query.get('container'));
  const node = nodeOf(pod);
  const path = `/containerLogs/${target.namespace}/${target.name}/${container}?${query}`;
  const answer = await context.nodeStreams.get({ node, path }, request.signal);
  if (answer.statusCode !== 200) throw await refusalOf(answer);
  if (!isWebSocket(request)) return { kind: 'stream', run: (stream) => passOn(answer, stream) };
  await sendByWebSocket(request, answer);
  return { kind: 'taken' };
}

function checkNumbers(query: URLSearchParams, pod: string): void {
  for (const [name, least] of [
    ['tailLines', 0],
    ['limitBytes', 1],
    ['sinceSeconds', 1],
  ] as const) {
    const text = query.get(name);
    if (text === null || (/^\d{1,15}$/.test(text) && Number(text) >= least)) continue;
    const message = `Invalid value: ${text}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
    const cause = { reason: 'FieldValueInvalid', message, field: name };
    throw refuse.invalid({ group: '', kind: 'PodLogOptions' }, pod, [cause]);
  }
}

async function passOn(answer: IncomingMessage, stream: AnswerStream): Promise<void> {
  stream.writeHead(200, { 'content-type': 'text/plain' });
  stream.flushHead();
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      if (!stream.write(chunk)) await stream.drained();
    }
    stream.end();
  } catch {
    stream.destroy(); // the node or the reader has gone: what came, came
  }
}
