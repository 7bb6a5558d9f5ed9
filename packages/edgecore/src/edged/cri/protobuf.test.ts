import { expect, test } from 'bun:test';
import { isFault } from '@selvedge/base';
import fc from 'fast-check';
import { type CriMessages, criEnums, criFields } from './cri.gen.ts';
import { ProtobufCodec } from './protobuf.ts';

type Name = keyof CriMessages;

const names = Object.keys(criFields) as Name[];
const codec = new ProtobufCodec();
const maxDepth = 4;
const text = fc.string({ unit: 'binary', maxLength: 20 });

/** What `type` may hold on the wire; a field alone leaves its zero value out, a list keeps it. */
function value(type: string, keepsZero: boolean, depth: number): fc.Arbitrary<unknown> {
  const constants = criEnums[type];
  if (constants) return fc.constantFrom(...(keepsZero ? constants : constants.slice(1)));
  const least = keepsZero ? 0 : 1;
  switch (type) {
    case 'string':
      return keepsZero ? text : text.filter((item) => item !== '');
    case 'bytes':
      return fc.uint8Array({ minLength: least, maxLength: 20 });
    case 'bool':
      return keepsZero ? fc.boolean() : fc.constant(true);
    case 'uint32':
      return fc.integer({ min: least, max: 2 ** 32 - 1 });
    case 'uint64':
      return fc.maxSafeNat().filter((item) => item >= least);
    case 'int32':
      return fc.integer().filter((item) => keepsZero || item !== 0);
    case 'int64':
      return fc.maxSafeInteger().filter((item) => keepsZero || item !== 0);
    case 'map<string,string>':
      return fc.dictionary(text, text, { minKeys: 1, maxKeys: 3 });
    default:
      return message(type, depth + 1);
  }
}

/** Any message of this name, each of its fields there or not. */
function message(name: string, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of (criFields[name] ?? '').split(';').filter((item) => item !== '')) {
    const [, key = '', type = ''] = field.split(' ');
    const isList = type.endsWith('*');
    const plain = isList ? type.slice(0, -1) : type;
    if (depth >= maxDepth && criFields[plain]) continue;
    const one = value(plain, isList, depth);
    fields[key] = isList ? fc.array(one, { minLength: 1, maxLength: 3 }) : one;
  }
  return fc.record(fields, { requiredKeys: [] });
}

function decodeOrFault(name: Name, bytes: Uint8Array): unknown {
  try {
    return codec.decode(name, bytes);
  } catch (error) {
    if (isFault(error, 'runtime/malformed-message')) return undefined;
    throw error;
  }
}

test('every message is read back as it was written, and cut short it is a fault or less', () => {
  for (const name of names) {
    fc.assert(
      fc.property(message(name), fc.double({ min: 0, max: 1, noNaN: true }), (original, share) => {
        const bytes = codec.encode(name, original as CriMessages[typeof name]);
        expect(codec.decode(name, bytes)).toEqual(original as never);
        decodeOrFault(name, bytes.subarray(0, Math.floor(bytes.length * share)));
      }),
      { numRuns: 25 },
    );
  }
});

test('whatever bytes come, the answer is a message or the one fault', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), (name, bytes) => {
      decodeOrFault(name, bytes);
    }),
    { numRuns: 5_000 },
  );
});

test('bytes altered within a message do no more than that', () => {
  const altered = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });
  fc.assert(
    fc.property(message('ContainerStatusResponse'), altered, (original, changes) => {
      const bytes = Uint8Array.from(codec.encode('ContainerStatusResponse', original as never));
      for (const [position, byte] of changes) bytes[position % Math.max(1, bytes.length)] = byte;
      decodeOrFault('ContainerStatusResponse', bytes);
    }),
    { numRuns: 1_000 },
  );
});

test('what is not in the table is passed over, in every encoding', () => {
  const unknown = [
    0xf8, 0x07, 0x01, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xfa, 0x07, 1, 9, 0xfd, 0x07, 1, 2, 3, 4,
  ];
  const known = codec.encode('VersionRequest', { version: 'v1' });
  expect(codec.decode('VersionRequest', Uint8Array.from([...unknown, ...known]))).toEqual({ version: 'v1' });
  for (const group of [0xfb, 0xfc]) {
    expect(decodeOrFault('VersionRequest', Uint8Array.from([group, 0x07]))).toBeUndefined();
  }
});

test('a key of a map that is a word of the language is a key', () => {
  const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  const bytes = codec.encode('PodSandboxConfig', { labels });
  const { labels: read = {} } = codec.decode('PodSandboxConfig', bytes);
  expect(Object.entries(read)).toEqual(Object.entries(labels));
});
