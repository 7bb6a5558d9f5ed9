import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Definitions } from '../schema/definitions.ts';
import { emptyAsNull } from './as-stored.ts';
import { decodeObject, strictDecodingError } from './decode-object.ts';

const definitions = new Definitions();

function decode(kind: string, value: unknown, text = JSON.stringify(value)): unknown {
  const group = kind === 'Deployment' ? 'apps' : '';
  const schema = definitions.schemaOf({ group, version: 'v1', kind });
  if (schema === undefined) throw new Error(kind);
  const decoded = decodeObject(schema, JSON.parse(text), { listStrictErrors: true, text });
  if (decoded.kind === 'malformed') return decoded.message;
  return decoded.strictErrors.length > 0 ? strictDecodingError(decoded.strictErrors) : decoded.object;
}

test('wrong types are told as Go tells them', () => {
  const message = (spec: unknown) => decode('Pod', { spec });
  expect(message({ containers: 'c' })).toBe(
    'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
  );
  expect(message({ terminationGracePeriodSeconds: 'ten' })).toBe(
    'json: cannot unmarshal string into Go struct field PodSpec.spec.terminationGracePeriodSeconds of type int64',
  );
  expect(message({ containers: [{ name: 'c', image: 1 }] })).toBe(
    'json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
  );
  expect(message({ containers: [{ ports: [{ containerPort: 1.5 }] }], hostNetwork: 'x' })).toBe(
    'json: cannot unmarshal number 1.5 into Go struct field ContainerPort.spec.containers.ports.containerPort of type int32',
  );
  expect(message({ restartPolicy: 1 })).toBe(
    'json: cannot unmarshal number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
  );
  expect(decode('Pod', { metadata: { labels: { a: 1 } } })).toBe(
    'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
  );
  expect(decode('Pod', { metadata: [] })).toBe(
    'json: cannot unmarshal array into Go struct field Pod.metadata of type v1.ObjectMeta',
  );
  expect(decode('Pod', [])).toBe('json: cannot unmarshal array into Go value of type v1.Pod');
  expect(decode('Secret', { data: { a: '?' } })).toBe('illegal base64 data at input byte 0');
  expect(message({ containers: [{ resources: { limits: { cpu: 'lots' } } }] })).toStartWith(
    'quantities must match',
  );
});

test('types that decode themselves end the decoding, the others are told in order', () => {
  expect(decode('Secret', { data: { a: 'x' }, type: 1 })).toBe('illegal base64 data at input byte 0');
  expect(decode('Secret', { type: 1, data: { a: 'x' } })).toBe(
    'json: cannot unmarshal number into Go struct field Secret.type of type v1.SecretType',
  );
  expect(decode('Event', { reason: 1, firstTimestamp: {} })).toBe(
    'json: cannot unmarshal object into Go struct field Event.firstTimestamp of type string',
  );
  const probe = { livenessProbe: { httpGet: { port: true } } };
  expect(decode('Pod', { spec: { nodeName: 1, containers: [probe] } })).toBe(
    'json: cannot unmarshal bool into Go struct field HTTPGetAction.spec.containers.livenessProbe.httpGet.port of type int32',
  );
  expect(decode('PersistentVolumeClaim', { spec: { accessModes: [1] } })).toBe(
    'json: cannot unmarshal number into Go struct field PersistentVolumeClaimSpec.spec.accessModes of type v1.PersistentVolumeAccessMode',
  );
  expect(decode('Secret', { data: { a: ['x'] } })).toBe(
    'json: cannot unmarshal string into Go struct field Secret.data of type uint8',
  );
  expect(decode('Secret', { data: { a: [1, 2] } })).toMatchObject({ data: { a: 'AQI=' } });
});

test('unknown and duplicate fields are listed with their paths', () => {
  expect(decode('Pod', { bogus: 1, spec: { containers: [{ x: {} }] } })).toBe(
    'strict decoding error: unknown field "bogus", unknown field "spec.containers[0].x"',
  );
  expect(decode('ConfigMap', {}, '{"data":{"a":"1","a":"2"}}')).toBe(
    'strict decoding error: duplicate field "data.a"',
  );
  expect(
    decode('ConfigMap', {}, '{"data":{"a":"{\\"b\\":1}","b":":"},"metadata":{"name":"x","name":"y"}}'),
  ).toBe('strict decoding error: duplicate field "metadata.name"');
  expect(decode('ConfigMap', {}, '{"data":{"__proto__":"x"}}')).toHaveProperty('metadata');
});

test('nulls and zero values go, what Go always writes comes', () => {
  expect(
    decode('Pod', {
      spec: {
        hostNetwork: false,
        priority: 0,
        nodeName: '',
        volumes: [],
        nodeSelector: {},
        affinity: {},
        containers: null,
      },
    }),
  ).toEqual({
    metadata: { creationTimestamp: null },
    spec: { priority: 0, affinity: {}, containers: null },
    status: {},
  });
  expect(decode('Pod', { spec: { containers: [{ ports: [{}], env: [] }] } })).toMatchObject({
    spec: { containers: [{ name: '', resources: {}, ports: [{ containerPort: 0 }] }] },
  });
  expect(decode('Deployment', {})).toEqual({
    metadata: { creationTimestamp: null },
    spec: {
      selector: null,
      strategy: {},
      template: { metadata: { creationTimestamp: null }, spec: { containers: null } },
    },
    status: {},
  });
});

test('quantities, times and bytes come in their canonical form', () => {
  expect(
    decode('Pod', {
      spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m', memory: 1024 } } }] },
    }),
  ).toMatchObject({
    spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1024' } } }] },
  });
  expect(
    decode('Event', {
      firstTimestamp: '2026-01-02T05:04:05.678+02:00',
      eventTime: '2026-01-02T03:04:05.100000Z',
    }),
  ).toMatchObject({
    firstTimestamp: '2026-01-02T03:04:05Z',
    eventTime: '2026-01-02T03:04:05.100000Z',
  });
  expect(decode('Event', { firstTimestamp: 'now' })).toBe(
    'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
  );
});

test('times that are none are told part by part', () => {
  const message = (field: string, text: string) => decode('Event', { [field]: text });
  const micro = 'as "2006-01-02T15:04:05.000000Z07:00"';
  expect(message('eventTime', '2026-01-02T03:04:05.5Z')).toBe(
    `parsing time "2026-01-02T03:04:05.5Z" ${micro}: cannot parse ".5Z" as ".000000"`,
  );
  expect(message('firstTimestamp', '2026-13-02T03:04:05Z')).toBe(
    'parsing time "2026-13-02T03:04:05Z": month out of range',
  );
  expect(message('firstTimestamp', '2026-01-02 03:04:05Z')).toBe(
    'parsing time "2026-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"',
  );
  expect(message('firstTimestamp', '2026-01-02T03:04:05Zx')).toBe(
    'parsing time "2026-01-02T03:04:05Zx": extra text: "x"',
  );
});

test('empty lists that are always written are stored as null', () => {
  const schema = definitions.definition('rbac.v1.Role');
  const role = { rules: [] as unknown[], metadata: { labels: {} } };
  emptyAsNull(schema, role);
  expect(role as unknown).toEqual({ rules: null, metadata: { labels: {} } });
  const pod = { spec: { volumes: [{ projected: { sources: [] } }], containers: [{ args: [] }] } };
  emptyAsNull(definitions.definition('core.v1.Pod'), pod);
  expect(pod as unknown).toEqual({
    spec: { volumes: [{ projected: { sources: null } }], containers: [{ args: [] }] },
  });
});

test('any JSON is decoded or refused, and decoding again changes nothing', () => {
  const schema = definitions.definition('core.v1.Pod');
  const name = fc.constantFrom(
    'metadata',
    'spec',
    'containers',
    'name',
    'labels',
    'resources',
    'limits',
    'cpu',
    'ports',
    'volumes',
    '__proto__',
    'x',
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, '', '1', 0, 2.5, true, '100m'),
      fc.array(tie('node'), { maxLength: 2 }),
      fc.dictionary(name, tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(value, (input) => {
      const text = JSON.stringify(input);
      const decoded = decodeObject(schema, JSON.parse(text), { listStrictErrors: true, text });
      if (decoded.kind === 'malformed') return;
      const again = decodeObject(schema, structuredClone(decoded.object), { listStrictErrors: true });
      expect(again).toEqual({ kind: 'decoded', object: decoded.object, strictErrors: [] });
    }),
    { numRuns: 500 },
  );
});
