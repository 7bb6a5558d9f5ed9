import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { Definitions } from '../schema/index.ts';
import { ProtobufDecoder } from './decode-protobuf.ts';

const decoder = new ProtobufDecoder(new Definitions());
const pod = { group: '', version: 'v1', kind: 'Pod' };

/** A field whose value states its length, as short as the tests need. */
function field(number: number, ...parts: (Uint8Array | string)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value]);
}

/** The body of a request: the mark, then type and object. */
function body(kind: string, object: Uint8Array): Buffer {
  const type = field(1, field(1, 'v1'), field(2, kind));
  return Buffer.concat([Buffer.from('k8s\0'), type, field(2, object)]);
}

/** The object, or the fault by which malformed bytes are refused; any other error fails the test. */
function decode(bytes: Buffer): unknown {
  try {
    return decoder.decode(bytes, pod);
  } catch (error) {
    if (isFault(error, 'kubernetes/bad-protobuf')) return error.code;
    throw error;
  }
}

test('an object in kubectl’s encoding is read', () => {
  expect(decode(body('Pod', field(1, field(1, 'web'), field(3, 'shop'))))).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop' },
  });
});

test('whatever the bytes are, there is an object or a refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (bytes, wrapped) => {
      decode(wrapped ? body('Pod', bytes) : Buffer.concat([Buffer.from('k8s\0'), bytes]));
    }),
    { numRuns: 1_000 },
  );
});

test('nor does a body that was cut or changed in one byte do harm', () => {
  const whole = body(
    'Pod',
    field(1, field(1, 'web'), field(3, 'shop'), field(11, field(1, 'app'), field(2, 'x'))),
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      decode(whole.subarray(0, at));
      const changed = Buffer.from(whole);
      changed[at] = value;
      decode(changed);
    }),
  );
});
