import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { statusPatchOf } from './status-patch.ts';

const subject = { resource: 'nodes', name: 'edge-1' };

test('status and identity are kept, and nothing else', () => {
  const patch = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'edge-1', uid: 'u' },
    status: { phase: 'x' },
  };
  expect(statusPatchOf(subject, patch)).toEqual({
    metadata: { name: 'edge-1', uid: 'u' },
    status: { phase: 'x' },
  });
  expect(statusPatchOf(subject, { status: {} })).toEqual({ status: {} });
});

test.each([[null], [[]], ['text'], [0]])(
  'metadata %j would take the labels away or mean nothing, and is refused',
  (metadata) => {
    expect(() => statusPatchOf(subject, { metadata, status: {} })).toThrow('must be an object');
  },
);

test('whatever is taken changes no metadata but the identity', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('metadata', 'status', 'spec'), fc.anything()), (patch) => {
      let taken: ReturnType<typeof statusPatchOf>;
      try {
        taken = statusPatchOf(subject, patch);
      } catch {
        return;
      }
      expect(Object.keys(taken).filter((field) => field !== 'metadata' && field !== 'status')).toEqual([]);
      expect(taken.metadata).not.toBeNull();
      for (const value of Object.values(taken.metadata ?? {})) expect(value).toBeTypeOf('string');
    }),
  );
});
