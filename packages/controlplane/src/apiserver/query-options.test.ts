import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readListOptions, readWriteOptions } from './query-options.ts';
import { StatusError } from './status-error.ts';

/** What is read, or the words of the refusal. */
function list(query: string, watch = false): object | string {
  return orWords(() => readListOptions(new URLSearchParams(query), watch));
}

function write(query: string, userAgent = 'kubectl/v1'): object | string {
  return orWords(() => readWriteOptions(new URLSearchParams(query), 'PatchOptions', userAgent));
}

function orWords(read: () => object): object | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof StatusError && error.code >= 400) return error.message;
    throw error;
  }
}

test('a list without options is of everything, and of the newest', () => {
  expect(list('')).toEqual({
    labelSelector: '',
    fieldSelector: '',
    limit: 0,
    continueToken: '',
    resourceVersion: undefined,
    resourceVersionMatch: undefined,
    timeoutSeconds: undefined,
    allowWatchBookmarks: false,
    sendInitialEvents: false,
  });
  expect(list('limit=5&resourceVersion=7&resourceVersionMatch=Exact&timeoutSeconds=30')).toMatchObject({
    limit: 5,
    resourceVersion: 7,
    resourceVersionMatch: 'Exact',
    timeoutSeconds: 30,
  });
  expect(list('limit=-5')).toMatchObject({ limit: 0 });
});

test.each([
  [
    'resourceVersionMatch=Exact',
    false,
    'resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  ['resourceVersionMatch=Exact&resourceVersion=0', false, '"Exact" is forbidden for resourceVersion "0"'],
  ['resourceVersionMatch=New&resourceVersion=1', false, 'Unsupported value: "New"'],
  ['resourceVersionMatch=Exact&resourceVersion=1&continue=x', false, 'forbidden when continue is provided'],
  ['resourceVersionMatch=Exact&resourceVersion=1', true, 'forbidden for watch unless sendInitialEvents'],
  ['sendInitialEvents=true', true, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  ['resourceVersion=x', false, 'Invalid value: "x": strconv.ParseUint'],
  ['limit=x', false, 'strconv.ParseInt: parsing "x": invalid syntax'],
])('a list by %s (watch: %p) is refused: %s', (query, watch, words) => {
  expect(list(query, watch)).toContain(words);
});

test('a write is by the program that its user agent names, unless it says who', () => {
  expect(write('')).toEqual({
    dryRun: false,
    fieldManager: 'kubectl',
    fieldValidation: 'Warn',
    force: undefined,
  });
  expect(write('dryRun=All&fieldManager=me&fieldValidation=Strict&force=true')).toEqual({
    dryRun: true,
    fieldManager: 'me',
    fieldValidation: 'Strict',
    force: true,
  });
  expect(write('', '')).toMatchObject({ fieldManager: 'unknown' });
  expect(write('dryRun=Some')).toContain('Unsupported value: []string{"Some"}: supported values: "All"');
  expect(write('fieldValidation=Loose')).toContain('Unsupported value: "Loose"');
  expect(write(`fieldManager=${'x'.repeat(129)}`)).toContain('must have at most 128 bytes');
});

test('any options are read or refused, and numbers that are read are whole', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.constantFrom('Exact', 'NotOlderThan', 'true', 'All', '-1', '1e9', '9'.repeat(30)),
  );
  const name = fc.constantFrom(
    'limit',
    'continue',
    'resourceVersion',
    'resourceVersionMatch',
    'timeoutSeconds',
    'sendInitialEvents',
    'dryRun',
    'fieldManager',
    'fieldValidation',
    'force',
  );
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.boolean(), (options, watch) => {
      const query = new URLSearchParams(options).toString();
      write(query);
      const read = list(query, watch);
      if (typeof read === 'string') return;
      const { limit, resourceVersion = 0 } = read as { limit: number; resourceVersion?: number };
      expect([Number.isSafeInteger(limit), Number.isSafeInteger(resourceVersion)]).toEqual([true, true]);
      expect(Math.min(limit, resourceVersion)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 3_000 },
  );
});
