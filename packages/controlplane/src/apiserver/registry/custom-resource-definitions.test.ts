import { expect, test } from 'bun:test';
import type { KubeObject } from '@selvedge/kubernetes';
import { customResourceDefinitionStrategy as strategy } from './custom-resource-definitions.ts';

/** What is said on creating, and on updating by the subresource, a definition with the rules. */
function warnings(rules: object[], subresource = ''): { create: string[]; update: string[] } {
  const spec = { type: 'object', properties: { s: { type: 'string' } }, 'x-kubernetes-validations': rules };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  const definition = { spec: { versions: [{ name: 'v1', storage: true, schema }] } };
  const said = { create: [] as string[], update: [] as string[] };
  const context = (warn: (text: string) => void) => ({
    nowMs: 0,
    dryRun: false,
    userName: 'u',
    userGroups: [],
    subresource,
    warn,
  });
  const object = () => structuredClone(definition) as unknown as KubeObject;
  strategy.prepareForCreate?.(
    object(),
    context((text) => said.create.push(text)),
  );
  strategy.prepareForUpdate?.(
    object(),
    object(),
    context((text) => said.update.push(text)),
  );
  return said;
}

test('whoever writes rules in CEL is told that they are not evaluated', () => {
  const told = [
    'version v1: x-kubernetes-validations: rules in CEL are not evaluated: objects that they would refuse are stored',
  ];
  expect(warnings([{ rule: 'self.s != "a"' }])).toEqual({ create: told, update: told });
  expect(warnings([{ rule: 'self.s != "a"' }], 'status').update).toEqual([]);
  expect(warnings([])).toEqual({ create: [], update: [] });
});
