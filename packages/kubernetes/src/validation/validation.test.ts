import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { invalidMessage } from '../field-error.ts';
import type { Container, KubeObject, Pod, PodSpec } from '../object.ts';
import { validateCreate, validateSubresourceUpdate, validateUpdate } from './index.ts';

const podType = { group: '', kind: 'Pod', namespaced: true };

function container(changes: Partial<Container> = {}): Container {
  return {
    name: 'c',
    image: 'i',
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: {},
    ...changes,
  };
}

function pod(spec: Partial<PodSpec>, name = 'v'): Pod & KubeObject {
  return {
    metadata: { name, namespace: 't' },
    spec: { containers: [container()], restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', ...spec },
  } as Pod & KubeObject;
}

function messageOf(spec: Partial<PodSpec>, name?: string): string {
  return invalidMessage('Pod', name ?? 'v', validateCreate(podType, pod(spec, name)));
}

test('a sound pod has nothing wrong', () => {
  expect(validateCreate(podType, pod({}))).toEqual([]);
});

test('pods are refused in the recorded words of a genuine server', () => {
  const label =
    "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  const cases: Array<[Partial<PodSpec>, string]> = [
    [{ containers: [] }, 'spec.containers: Required value'],
    [{ containers: [container({ image: '' })] }, 'spec.containers[0].image: Required value'],
    [{ containers: [container(), container()] }, 'spec.containers[1].name: Duplicate value: "c"'],
    [
      { containers: [container({ resources: { requests: { cpu: '200m' }, limits: { cpu: '100m' } } })] },
      'spec.containers[0].resources.requests: Invalid value: "200m": must be less than or equal to cpu limit',
    ],
    [
      { containers: [container({ resources: { requests: { memory: '-1' } } })] },
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
    ],
    [
      { containers: [container({ ports: [{ containerPort: 70_000, protocol: 'TCP' }] })] },
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      { containers: [container({ ports: [{ containerPort: 80, protocol: 'HTTP' }] })] },
      'spec.containers[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      { restartPolicy: 'Sometimes' },
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      { containers: [container({ volumeMounts: [{ name: 'x', mountPath: '/x' }] })] },
      'spec.containers[0].volumeMounts[0].name: Not found: "x"',
    ],
    [
      { volumes: [{ name: 'x', emptyDir: {}, hostPath: { path: '/' } }] },
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    [
      { containers: [container({ livenessProbe: { successThreshold: 1 } })] },
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      { dnsPolicy: 'None' },
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
    ],
    [
      { tolerations: [{ operator: 'Exists', value: 'x' }] },
      'spec.tolerations[0].operator: Invalid value: core.Toleration{Key:"", Operator:"Exists", Value:"x", Effect:"", TolerationSeconds:(*int64)(nil)}: value must be empty when `operator` is \'Exists\'',
    ],
    [
      { containers: [container({ name: 'A' })] },
      `spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${label}`,
    ],
  ];
  for (const [spec, message] of cases) expect(messageOf(spec)).toBe(`Pod "v" is invalid: ${message}`);
});

test('several errors are listed together', () => {
  expect(messageOf({ containers: [container({ image: '' })], restartPolicy: 'x' })).toBe(
    'Pod "v" is invalid: [spec.containers[0].image: Required value, spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"]',
  );
});

test('an image may change in a pod that exists, and little else', () => {
  const before = pod({});
  const image = pod({ containers: [container({ image: 'other' })] });
  expect(validateUpdate(podType, image, before)).toEqual([]);
  const [error] = validateUpdate(podType, pod({ containers: [container({ workingDir: '/w' })] }), before);
  expect(error?.field).toBe('spec');
  expect(error?.message).toContain('Forbidden: pod updates may not change fields other than');
  expect(error?.message).toContain('containers[0].workingDir');
  const [fewer] = validateUpdate(
    podType,
    pod({ containers: [container(), container({ name: 'd' })] }),
    before,
  );
  expect(fewer?.message).toBe('Forbidden: pod updates may not add or remove containers');
});

test('a container of a pod that never restarts does not come back to life', () => {
  const status = (state: object): KubeObject => ({
    ...pod({ restartPolicy: 'Never' }),
    status: {
      containerStatuses: [{ name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state }],
    },
  });
  const [error] = validateSubresourceUpdate(podType, 'status', {
    object: status({ running: {} }),
    before: status({ terminated: { exitCode: 0 } }),
  });
  expect(error?.message).toBe('Forbidden: may not be transitioned to non-terminated state');
});

test('services, secrets and workloads follow their rules', () => {
  const service = (spec: object): KubeObject => ({
    metadata: { name: 's', namespace: 't' },
    spec: { type: 'ClusterIP', sessionAffinity: 'None', ...spec },
  });
  const ports = [80, 81].map((port) => ({ port, protocol: 'TCP', targetPort: port }));
  const fields = (type: typeof podType, object: KubeObject) =>
    validateCreate(type, object).map((error) => `${error.field}: ${error.message}`);
  expect(fields({ group: '', kind: 'Service', namespaced: true }, service({ ports }))).toEqual([
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
  ]);
  expect(fields({ group: '', kind: 'Service', namespaced: true }, service({}))).toEqual([
    'spec.ports: Required value',
  ]);
  const secret = { metadata: { name: 's', namespace: 't' }, type: 'kubernetes.io/tls', data: {} };
  expect(fields({ group: '', kind: 'Secret', namespaced: true }, secret)).toEqual([
    'data[tls.crt]: Required value',
    'data[tls.key]: Required value',
  ]);
  const deployment: KubeObject = {
    metadata: { name: 'd', namespace: 't' },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      strategy: { type: 'Recreate' },
      template: { metadata: { labels: { app: 'y' } }, spec: pod({}).spec },
    },
  };
  expect(fields({ group: 'apps', kind: 'Deployment', namespaced: true }, deployment)).toEqual([
    'spec.template.metadata.labels: Invalid value: map[string]string{"app":"y"}: `selector` does not match template `labels`',
  ]);
});

test('a label selector that changes is shown as Kubernetes shows it', () => {
  const replicaSet = (app: string): KubeObject => ({
    metadata: { name: 'r', namespace: 't' },
    spec: {
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: pod({}).spec },
    },
  });
  const type = { group: 'apps', kind: 'ReplicaSet', namespaced: true };
  const [error] = validateUpdate(type, replicaSet('b'), replicaSet('a'));
  expect(error).toEqual({
    kind: 'FieldValueInvalid',
    field: 'spec.selector',
    message:
      'Invalid value: v1.LabelSelector{MatchLabels:map[string]string{"app":"b"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable',
  });
});

test('metadata of any shape is judged without an exception', () => {
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (name, labels) => {
      const object: KubeObject = { metadata: { name, namespace: 't', labels, annotations: labels } };
      expect(Array.isArray(validateCreate({ group: 'x', kind: 'Y', namespaced: true }, object))).toBe(true);
    }),
  );
});

test('a definition whose pattern can not be read is refused', () => {
  const spec = { type: 'object', properties: { s: { type: 'string', pattern: '(' } } };
  const definition = {
    metadata: { name: 'foos.x.io' },
    spec: {
      group: 'x.io',
      scope: 'Namespaced',
      names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
      versions: [
        { name: 'v1', storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } },
      ],
    },
  };
  const type = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', namespaced: false };
  expect(validateCreate(type, definition as KubeObject)).toEqual([
    {
      kind: 'FieldValueInvalid',
      field: 'spec.validation.openAPIV3Schema.properties[spec].properties[s].pattern',
      message:
        'Invalid value: "(": must be a valid regular expression, but isn\'t: error parsing regexp: missing closing ): `(`',
    },
  ]);
});
