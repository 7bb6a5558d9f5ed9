import { expect, test } from 'bun:test';
import type { PodSpec } from '@selvedge/kubernetes';
import type { AdmissionRequest } from './admission.ts';
import { runtimeClasses } from './runtime-class.ts';

const small = {
  overhead: { podFixed: { cpu: '10m' } },
  scheduling: {
    nodeSelector: { sandboxes: 'yes' },
    tolerations: [{ key: 'sandboxes', operator: 'Exists' }],
  },
};

/** What admission makes of the specification, or the words of its refusal. */
function admitted(spec: Partial<PodSpec>): Partial<PodSpec> | string {
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [], ...spec },
  };
  const latest = (collection: string, name: string) =>
    collection === 'runtimeclasses.node.k8s.io' && name === 'small'
      ? { value: Buffer.from(JSON.stringify(small)) }
      : undefined;
  const resource = { group: '', resource: 'pods' };
  const request = {
    context: { store: { latest } },
    resource,
    namespace: 'default',
    object,
    operation: 'CREATE',
  };
  try {
    runtimeClasses.mutate?.(request as unknown as AdmissionRequest);
  } catch (error) {
    return (error as Error).message;
  }
  const { containers: _, ...rest } = object.spec;
  return rest;
}

test('a pod gets its runtime class’s overhead, node selector and tolerations', () => {
  expect(admitted({ runtimeClassName: 'small', nodeSelector: { own: 'x' } })).toEqual({
    runtimeClassName: 'small',
    overhead: { cpu: '10m' },
    nodeSelector: { own: 'x', sandboxes: 'yes' },
    tolerations: [{ key: 'sandboxes', operator: 'Exists' }],
  });
  expect(admitted({})).toEqual({});
});

test('a pod is refused for a class that is not there, and for what its class does not allow', () => {
  expect(admitted({ runtimeClassName: 'none' })).toBe(
    'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found',
  );
  expect(admitted({ overhead: { cpu: '1' } })).toEndWith(
    'Pod Overhead set without corresponding RuntimeClass defined Overhead',
  );
  expect(admitted({ runtimeClassName: 'small', overhead: { cpu: '1' } })).toEndWith(
    "Pod's Overhead doesn't match RuntimeClass's defined Overhead",
  );
  expect(admitted({ runtimeClassName: 'small', nodeSelector: { sandboxes: 'no' } })).toEndWith(
    'conflict: runtimeClass.scheduling.nodeSelector[sandboxes] = yes; pod.spec.nodeSelector[sandboxes] = no',
  );
});
