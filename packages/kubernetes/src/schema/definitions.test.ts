import { expect, test } from 'bun:test';
import { Definitions } from './definitions.ts';
import { goTypeNames } from './facts-go-types.ts';
import { atomicMaps, atomicStructs, listTypes, patchStrategies } from './facts-merging.ts';
import { pointerFields } from './facts-pointers.ts';
import { alwaysWritten, nullWhenUnset, omittedWhenUnset, quantityFields } from './facts-values.ts';
import { schemaAt } from './schema.ts';

const definitions = new Definitions();

test('a pod is described down to its list map keys', () => {
  const pod = definitions.schemaOf({ group: '', version: 'v1', kind: 'Pod' });
  if (pod === undefined) throw new Error('no Pod');
  expect(schemaAt(pod, 'spec.containers')).toMatchObject({ kind: 'list', listType: 'map', keys: ['name'] });
  expect(schemaAt(pod, 'spec.containers.ports')).toMatchObject({ keys: ['containerPort', 'protocol'] });
  expect(schemaAt(pod, 'spec.containers.resources.limits')).toMatchObject({
    kind: 'map',
    value: { kind: 'scalar', format: 'quantity' },
  });
  expect(schemaAt(pod, 'spec.containers.livenessProbe.httpGet.port')).toEqual({
    kind: 'scalar',
    format: 'intOrString',
  });
  expect(schemaAt(pod, 'spec.restartPolicy')).toMatchObject({ goType: 'v1.RestartPolicy' });
  expect(schemaAt(pod, 'spec.nothing')).toBeUndefined();
  const spec = definitions.definition('core.v1.PodSpec');
  expect(spec.fields.get('volumes')?.patch).toEqual({ merge: true, retainKeys: true, mergeKey: 'name' });
  expect(spec.written.map((field) => field.name)).toEqual(['containers']);
});

test('what a server writes for unset fields is made from the types', () => {
  const template = definitions.definition('core.v1.PodTemplateSpec');
  expect(template.fields.get('metadata')?.whenUnset?.()).toEqual({ creationTimestamp: null });
  expect(template.fields.get('spec')?.whenUnset?.()).toEqual({ containers: null });
  const deployment = definitions.definition('apps.v1.DeploymentSpec');
  expect(deployment.fields.get('selector')?.whenUnset?.()).toBeNull();
});

test('kinds are found by group, version and kind; lists and subresources too', () => {
  expect(definitions.schemaOf({ group: 'apps', version: 'v1', kind: 'DeploymentList' })?.name).toBe(
    'apps.v1.DeploymentList',
  );
  expect(definitions.schemaOf({ group: 'policy', version: 'v1', kind: 'Eviction' })?.name).toBe(
    'policy.v1.Eviction',
  );
  expect(definitions.schemaOf({ group: 'node.k8s.io', version: 'v1', kind: 'DeleteOptions' })?.name).toBe(
    'meta.v1.DeleteOptions',
  );
  expect(definitions.schemaOf({ group: '', version: 'v1', kind: 'Nothing' })).toBeUndefined();
  expect(definitions.resources()).toContainEqual({
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    kind: 'Deployment',
    namespaced: true,
  });
});

test('every reference in the table resolves, and there are as many definitions as the package has models', () => {
  const names = definitions.names();
  expect(names.length).toBe(757);
  for (const name of names) {
    for (const field of definitions.definition(name).fields.values()) {
      let type = field.type;
      while (type.kind === 'list' || type.kind === 'map')
        type = type.kind === 'list' ? type.item : type.value;
      if (type.kind === 'object') expect(definitions.has(type.name)).toBe(true);
    }
  }
});

test('every fact speaks of a field that exists', () => {
  const tables = [
    listTypes,
    patchStrategies,
    atomicMaps,
    quantityFields,
    alwaysWritten,
    omittedWhenUnset,
    nullWhenUnset,
    pointerFields,
    goTypeNames,
  ];
  for (const table of tables) {
    for (const [name, words] of Object.entries(table)) {
      for (const word of words.split(' ')) {
        const field = definitions.definition(name).fields.get(word.replace(/=.*/, ''));
        expect(field, `${name}.${word}`).toBeDefined();
        if (table === listTypes) expect(field?.type.kind).toBe('list');
      }
    }
  }
  for (const name of atomicStructs) expect(definitions.has(name)).toBe(true);
});
