import { expect, test } from 'bun:test';
import recorded from '../../fixtures/creates.json';
import { decodeObject } from '../decode/index.ts';
import type { JsonObject } from '../json.ts';
import { Definitions, parseApiVersion } from '../schema/index.ts';
import { applyDefaults, pullPolicyFor } from './index.ts';

const definitions = new Definitions();

/** What admission, allocation and storage set after decoding and defaulting. */
const setLater = new Set(
  `metadata.managedFields metadata.uid metadata.resourceVersion metadata.creationTimestamp metadata.generation
   metadata.namespace metadata.name spec.serviceAccountName spec.serviceAccount spec.tolerations spec.priority
   spec.preemptionPolicy status spec.clusterIP spec.clusterIPs spec.ipFamilies spec.ipFamilyPolicy spec.finalizers
   spec.taints spec.ports.nodePort`.split(/\s+/),
);

function withoutLater(value: unknown, path = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutLater(item, path));
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    path === '' ? name : `${path}.${name}`,
    field,
  ]);
  return Object.fromEntries(
    fields
      .filter(([, place]) => !setLater.has(place as string))
      .map(([name, place, field]) => [name, withoutLater(field, place as string)]),
  );
}

for (const { case: name, body, answer } of recorded) {
  const request = JSON.parse(body) as JsonObject;
  const kind = { ...parseApiVersion(String(request.apiVersion)), kind: String(request.kind) };
  const schema = definitions.schemaOf(kind);
  if (schema === undefined) continue;
  test(`decoding and defaulting ${name} gives what a genuine server answered`, () => {
    const decoded = decodeObject(schema, request, { listStrictErrors: false });
    if (decoded.kind === 'malformed') throw new Error(decoded.message);
    applyDefaults(kind, decoded.object);
    expect(withoutLater(decoded.object)).toEqual(withoutLater(answer));
  });
}

test('defaulting twice changes nothing more', () => {
  for (const { body } of recorded) {
    const request = JSON.parse(body) as JsonObject;
    const kind = { ...parseApiVersion(String(request.apiVersion)), kind: String(request.kind) };
    const schema = definitions.schemaOf(kind);
    if (schema === undefined) continue;
    const decoded = decodeObject(schema, request, { listStrictErrors: false });
    if (decoded.kind === 'malformed') throw new Error(decoded.message);
    applyDefaults(kind, decoded.object);
    const once = structuredClone(decoded.object);
    applyDefaults(kind, decoded.object);
    expect(decoded.object).toEqual(once);
  }
});

test('the pull policy follows from the tag', () => {
  const always = ['a', 'a:latest', 'reg.example:5000/a/b', 'library/a'];
  const ifNotPresent = ['a:1', 'reg.example:5000/a:1', `a@sha256:${'0'.repeat(64)}`, '', 'A', 'a b'];
  for (const image of always) expect(pullPolicyFor(image), image).toBe('Always');
  for (const image of ifNotPresent) expect(pullPolicyFor(image), image).toBe('IfNotPresent');
});
