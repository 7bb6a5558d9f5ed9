import { expect, test } from 'bun:test';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvironmentVariableName,
  isLabelValue,
  isPortName,
  isPortNumber,
  isQualifiedName,
} from './names.ts';

test('good names pass', () => {
  expect(isDns1123Label('a-1')).toEqual([]);
  expect(isDns1123Subdomain('a.b-c.d')).toEqual([]);
  expect(isQualifiedName('example.com/My_Name')).toEqual([]);
  expect(isLabelValue('')).toEqual([]);
  expect(isConfigMapKey('.dot')).toEqual([]);
  expect(isEnvironmentVariableName('my.env-name')).toEqual([]);
  expect(isPortName('http-2')).toEqual([]);
  expect(isPortNumber(65_535)).toEqual([]);
});

test('bad ones are refused in the words of Kubernetes', () => {
  expect(isDns1123Label('A')).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  expect(isQualifiedName('a b')).toEqual([
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  ]);
  expect(isQualifiedName('a/b/c')).toEqual([
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ]);
  expect(isPortNumber(70_000)).toEqual(['must be between 1 and 65535, inclusive']);
  expect(isDns1123Label('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
});
