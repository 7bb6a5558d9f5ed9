// YAML answers: for who prefers them, with the same content as in JSON.

import { expect, test } from 'bun:test';
import { YAML } from 'bun';
import fc from 'fast-check';
import { jsonAnswer, textAnswer } from '../api-request.ts';
import { inYaml, prefersYaml } from './yaml-answer.ts';

test('whichever of YAML and JSON stands first is given', () => {
  expect(prefersYaml('application/yaml')).toBe(true);
  expect(prefersYaml('text/html, application/yaml;q=0.9, application/json')).toBe(true);
  expect(prefersYaml('application/json, application/yaml')).toBe(false);
  expect(prefersYaml('*/*')).toBe(false);
  expect(prefersYaml(undefined)).toBe(false);
});

test('an answer in YAML reads as it does in JSON; texts stay as they are', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      const value: unknown = { data: JSON.parse(text) };
      const answer = inYaml(jsonAnswer(200, value));
      if (answer.kind !== 'bytes') throw new Error('not bytes');
      expect(answer.contentType).toBe('application/yaml');
      expect(JSON.stringify(YAML.parse(Buffer.concat(answer.chunks).toString()))).toBe(JSON.stringify(value));
    }),
  );
  expect(inYaml(textAnswer(200, 'ok'))).toEqual(textAnswer(200, 'ok'));
});
