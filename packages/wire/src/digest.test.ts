import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { digestResource, parseDigest, parseDigestAnswer } from './digest.ts';
import { fingerprint } from './fingerprint.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'u1', resourceVersion: '5', managedFields: [{}] },
  spec: { nodeName: 'edge-1' },
  status: { phase: 'Pending' },
};

test('status and bookkeeping do not change a fingerprint; uid, labels and spec do', () => {
  const first = fingerprint(pod);
  const { apiVersion: _, kind: __, ...untyped } = pod;
  expect(fingerprint({ ...untyped, status: { phase: 'Running' } })).toBe(first);
  expect(
    fingerprint({ ...pod, metadata: { ...pod.metadata, resourceVersion: '6', managedFields: [] } }),
  ).toBe(first);
  expect(fingerprint({ ...pod, metadata: { ...pod.metadata, uid: 'u2' } })).not.toBe(first);
  expect(fingerprint({ ...pod, metadata: { ...pod.metadata, labels: { a: 'b' } } })).not.toBe(first);
  expect(fingerprint({ ...pod, spec: { nodeName: 'edge-2' } })).not.toBe(first);
});

test('objects that differ anywhere differ in their fingerprints', () => {
  const seen = new Set<string>();
  for (let value = 0; value < 50_000; value++) {
    seen.add(fingerprint({ metadata: { name: 'a' }, data: { value: String(value) } }));
  }
  expect(seen.size).toBe(50_000);
});

test('a digest of what a node has is read back', () => {
  const digest = { objects: { 'default/pod/a': fingerprint(pod) } };
  expect(parseDigest(JSON.parse(JSON.stringify(digest)))).toEqual(digest);
  expect(parseDigest({ objects: {} })).toEqual({ objects: {} });
  expect(parseDigest({ objects: {}, listDifferences: true })).toEqual({ objects: {}, listDifferences: true });
  expect(parseDigestAnswer({ differences: ['default/pod/a'] })).toEqual({ differences: ['default/pod/a'] });
  expect(digestResource('edge-1')).toBe('null/digest/edge-1');
});

test('whatever else arrives as a digest is refused without a fault', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (content) => {
      const digest = parseDigest(content);
      if (digest) for (const value of Object.values(digest.objects)) expect(value.length).toBe(12);
      for (const entry of parseDigestAnswer(content)?.differences ?? []) expect(entry).toBeString();
    }),
  );
  for (const answer of ['OK', null, { differences: 3 }, { differences: [3] }])
    expect(parseDigestAnswer(answer)).toBeUndefined();
  expect(parseDigest({ objects: { 'default/pod': '0123456789ab' } })).toBeUndefined();
  expect(parseDigest({ objects: { 'default/pod/a': 'short' } })).toBeUndefined();
});

test("what a pod's readiness waits for counts, unlike the rest of its status", () => {
  const waiting = { ...pod, spec: { ...pod.spec, readinessGates: [{ conditionType: 'example.org/gate' }] } };
  const open = {
    conditions: [
      { type: 'example.org/gate', status: 'True' },
      { type: 'Ready', status: 'False' },
    ],
  };
  const ready = {
    conditions: [
      { type: 'example.org/gate', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
  };
  expect(fingerprint({ ...waiting, status: open })).not.toBe(fingerprint(waiting));
  expect(fingerprint({ ...waiting, status: open })).toBe(fingerprint({ ...waiting, status: ready }));
});
