import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  formatLabelSelector,
  matchesLabels,
  meetsRequirement,
  parseLabelSelector,
  requirementsOf,
  selectorMatches,
} from './label-selector.ts';

function match(text: string, labels: Record<string, string>): boolean | string {
  const parsed = parseLabelSelector(text);
  return parsed.kind === 'parsed' ? matchesLabels(parsed.requirements, labels) : parsed.message;
}

test('selectors match as their operators say', () => {
  const labels = { app: 'web', tier: 'front', n: '5', empty: '' };
  for (const text of [
    '',
    'app',
    'app=web',
    'app == web',
    'app!=db,tier',
    'app in (db, web)',
    '!x',
    'x notin (y)',
    'n>4',
    'n<6',
    'empty=',
    'x!=y',
    'empty in ()',
    'in=in'.replace('in=in', '!in'),
  ]) {
    expect(match(text, labels), text).toBe(true);
  }
  for (const text of ['x', 'app=db', '!app', 'app notin (web)', 'n>5', 'app>1', 'x in (y)']) {
    expect(match(text, labels), text).toBe(false);
  }
});

test('what is wrong is told as Kubernetes tells it', () => {
  const operators = 'expected: in, notin, =, ==, !=, gt, lt';
  expect(match('a b', {})).toBe(`unable to parse requirement: found 'b', ${operators}`);
  expect(match('a,', {})).toBe("found '', expected: identifier after ','");
  expect(match('=a', {})).toBe("found '=', expected: !, identifier, or 'end of string'");
  expect(match('a in b', {})).toBe("unable to parse requirement: found 'b' expected: '('");
  expect(match('a in (b', {})).toBe("unable to parse requirement: found '', expected: ',', or identifier");
  expect(match('a=b c', {})).toBe("found 'c', expected: ',' or 'end of string'");
  expect(match('a>x', {})).toBe(
    "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  );
  expect(match('-a=x', {})).toStartWith(
    'unable to parse requirement: <nil>: Invalid value: "-a": name part must',
  );
});

test('a LabelSelector that is absent matches nothing, an empty one everything', () => {
  expect(selectorMatches(undefined, { a: 'b' })).toBe(false);
  expect(selectorMatches({}, { a: 'b' })).toBe(true);
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  };
  expect(selectorMatches(selector, { app: 'web', tier: 'b' })).toBe(true);
  expect(selectorMatches(selector, { app: 'web', tier: 'b', old: '' })).toBe(false);
  expect(formatLabelSelector(requirementsOf(selector) ?? [])).toBe('app=web,!old,tier in (a,b)');
});

test('a node selector’s operators are all known, and what is not understood is never met', () => {
  const meets = (operator: string, values: string[], value: string | undefined) =>
    meetsRequirement({ key: 'a', operator, values }, value);
  expect(meets('In', ['1', '2'], '2')).toBe(true);
  expect(meets('NotIn', ['1'], undefined)).toBe(true);
  expect(meets('Exists', [], '')).toBe(true);
  expect(meets('DoesNotExist', [], '')).toBe(false);
  expect(meets('Gt', ['9'], '10')).toBe(true);
  expect(meets('Lt', ['9'], '10')).toBe(false);
  expect(meets('Near', ['1'], '1')).toBe(false);
  expect(meets('constructor', ['1'], '1')).toBe(false);
  expect(meets('Gt', ['1'], 'two')).toBe(false);
  expect(meets('Lt', ['x'], '1')).toBe(false);
  // A label selector has no numbers to compare.
  expect(
    selectorMatches({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }, { a: '2' }),
  ).toBe(false);
});

test('any text is parsed or refused, and what is parsed survives being written', () => {
  const word = fc.constantFrom('a', 'b', 'in', 'notin', '=', '!=', '!', '(', ')', ',', ' ', '>', '5');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join('')),
      ),
      (text) => {
        const parsed = parseLabelSelector(text);
        if (parsed.kind === 'malformed') return;
        const again = parseLabelSelector(formatLabelSelector(parsed.requirements));
        expect(again.kind).toBe('parsed');
        if (again.kind === 'parsed') {
          expect(formatLabelSelector(again.requirements)).toBe(formatLabelSelector(parsed.requirements));
        }
      },
    ),
  );
});
