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

const integer = "for 'Gt', 'Lt' operators, the value must be an integer";
const binary = 'expected: in, notin, =, ==, !=, gt, lt';
const inRequirement = 'unable to parse requirement: ';

/** As a genuine server answered. */
test.each([
  ['a b', `${inRequirement}found 'b', ${binary}`],
  ['a,', "found '', expected: identifier after ','"],
  ['a,,b', "found ',', expected: identifier after ','"],
  [',a', "found ',', expected: !, identifier, or 'end of string'"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['!', `${inRequirement}found '', expected: identifier`],
  ['!a=b', "found '=', expected: ',' or 'end of string'"],
  ['a=!b', `${inRequirement}found '!', expected: identifier`],
  ['a=(b)', `${inRequirement}found '(', expected: identifier`],
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  ['a=b c', "found 'c', expected: ',' or 'end of string'"],
  ['a in b', `${inRequirement}found 'b' expected: '('`],
  ['a in (', `${inRequirement}found '', expected: ',', ')' or identifier`],
  ['a in (b', `${inRequirement}found '', expected: ',' or ')'`],
  ['a notin (b,c', `${inRequirement}found '', expected: ',' or ')'`],
  ['a in (b c)', `${inRequirement}found 'c', expected: ',' or ')'`],
  ['a>', `${inRequirement}values[0]: Invalid value: "": ${integer}`],
  ['a>x', `${inRequirement}values[0]: Invalid value: "x": ${integer}`],
  ['a<1.5', `${inRequirement}values[0]: Invalid value: "1.5": ${integer}`],
  [
    'x'.repeat(70),
    `${inRequirement}<nil>: Invalid value: "${'x'.repeat(70)}": name part must be no more than 63 characters`,
  ],
])('%s is refused: %s', (text, words) => {
  expect(match(text, {})).toBe(words);
});

test.each([
  ['-a=x', '<nil>: Invalid value: "-a": name part must'],
  ['a/b/c=d', '<nil>: Invalid value: "a/b/c": a qualified name must'],
  ['a=-x', 'values[0][a]: Invalid value: "-x": a valid label must'],
  ['a in (-x)', 'values[0][a]: Invalid value: "-x": a valid label must'],
  ['a>-1', 'values[0][a]: Invalid value: "-1": a valid label must'],
])('%s is refused: %s…', (text, words) => {
  expect(match(text, {})).toStartWith(inRequirement + words);
});

test.each(['a in ()', 'a in (,)', 'in in (in)', 'a = in', 'a==', 'a notin ()', 'a>1,b<2'])(
  '%s is read',
  (text) => {
    expect(match(text, { other: '' })).toBeBoolean();
  },
);

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
