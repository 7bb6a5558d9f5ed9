// gRPC's health check, `grpc.health.v1.Health/Check`, over plain HTTP/2.

import { connect, constants } from 'node:http2';
import { type ProbeOnceInput, type ProbeOutcome, timeoutMsOf } from './probe-input.ts';

const serving = 1;
const maxAnswerBytes = 4_096;

export function grpcProbe(
  input: ProbeOnceInput,
  target: { readonly port: number; readonly service: string },
): Promise<ProbeOutcome> {
  const host = input.podIp.includes(':') ? `[${input.podIp}]` : input.podIp;
  return new Promise((resolve) => {
    const session = connect(`http://${host}:${target.port}`);
    const answer: Buffer[] = [];
    let answerBytes = 0;
    const finish = (ok: boolean, output: string) => {
      timer.cancel();
      input.signal.removeEventListener('abort', cancel);
      session.destroy();
      resolve({ ok, output });
    };
    const cancel = () => finish(false, 'context canceled');
    const timer = input.clock.after(timeoutMsOf(input.probe), () =>
      finish(
        false,
        `timeout: failed to connect service "${host}:${target.port}" within ${timeoutMsOf(input.probe) / 1_000}s: context deadline exceeded`,
      ),
    );
    input.signal.addEventListener('abort', cancel, { once: true });
    session.once('error', (error) => finish(false, `error: ${error.message}`));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    stream.on('error', (error) => finish(false, `error: ${error.message}`));
    stream.on('data', (chunk: Buffer) => {
      answerBytes += chunk.length;
      if (answerBytes <= maxAnswerBytes) answer.push(chunk);
      else finish(false, `the answer is longer than ${maxAnswerBytes} bytes`);
    });
    stream.on('close', () => {
      const bytes = Buffer.concat(answer);
      const ok = bytes.length >= 7 && bytes[5] === 0x08 && bytes[6] === serving;
      finish(ok, ok ? '' : 'service unhealthy (responded with "NOT_SERVING")');
    });
    stream.end(checkRequest(target.service));
  });
}

/** A frame with a message whose only field is the service's name. */
function checkRequest(service: string): Buffer {
  const name = Buffer.from(service).subarray(0, 127);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
