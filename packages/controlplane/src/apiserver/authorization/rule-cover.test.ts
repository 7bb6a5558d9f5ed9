import { expect, test } from 'bun:test';
import type { PolicyRule } from '@selvedge/kubernetes';
import fc from 'fast-check';
import { uncovered } from './rule-cover.ts';
import { ruleAllows } from './rules.ts';

const rule = (group: string, resource: string, verb: string, ...resourceNames: string[]): PolicyRule => ({
  apiGroups: [group],
  resources: [resource],
  verbs: [verb],
  ...(resourceNames.length > 0 ? { resourceNames } : {}),
});
const url = (path: string): PolicyRule => ({ nonResourceURLs: [path], verbs: ['get'] });

test.each([
  [rule('', 'pods', 'get'), rule('', 'pods', 'get'), true],
  [rule('*', '*', '*'), rule('apps', 'deployments/scale', 'get', 'x'), true],
  [rule('', '*/log', 'get'), rule('', 'pods/log', 'get'), true],
  [rule('', 'pods', 'get', 'a'), rule('', 'pods', 'get', 'a'), true],
  [rule('', 'pods', 'get'), rule('', 'pods', 'get', 'a'), true],
  [url('/healthz/*'), url('/healthz/x'), true],
  [rule('', 'pods', 'get'), rule('', 'pods', '*'), false],
  [rule('', 'pods', 'get'), rule('', 'pods/log', 'get'), false],
  [rule('', 'pods', 'get', 'a'), rule('', 'pods', 'get'), false],
  [rule('', 'pods', 'get', 'a'), rule('', 'pods', 'get', 'a', 'b'), false],
  [rule('', '*', '*'), rule('apps', 'deployments', 'get'), false],
  [url('/healthz'), url('/healthz/*'), false],
  [rule('*', '*', '*'), url('/x'), false],
])('%j holds %j: %p', (held, granted, holds) => {
  expect(uncovered([held], [granted]).length === 0).toBe(holds);
});

test('what is covered allows nothing that the holder may not', () => {
  const some = (...words: string[]) =>
    fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
  const rules = fc.array(
    fc.record({
      apiGroups: some('', 'apps', '*'),
      resources: some('pods', 'pods/log', '*/log', '*'),
      verbs: some('get', 'list', '*'),
      resourceNames: fc.oneof(fc.constant<string[]>([]), some('a', 'b')),
    }),
    { maxLength: 3 },
  );
  const asked = fc.record({
    kind: fc.constant('resource' as const),
    verb: fc.constantFrom('get', 'list', 'delete'),
    group: fc.constantFrom('', 'apps', 'other'),
    resource: fc.constantFrom('pods', 'secrets'),
    subresource: fc.constantFrom('', 'log', 'exec'),
    namespace: fc.constant('default'),
    name: fc.constantFrom('', 'a', 'c'),
  });
  fc.assert(
    fc.property(rules, rules, asked, (held, granted, attributes) => {
      if (uncovered(held, granted).length > 0 || !granted.some((one) => ruleAllows(one, attributes))) return;
      expect(held.some((one) => ruleAllows(one, attributes))).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
