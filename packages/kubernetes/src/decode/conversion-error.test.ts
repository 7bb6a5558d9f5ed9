import { expect, test } from 'bun:test';
import { Definitions } from '../schema/index.ts';
import { conversionError } from './conversion-error.ts';

const schema = new Definitions().definition('apps.v1.Deployment');

test('values of the wrong type are told as the converter of patches tells them', () => {
  const cases: [unknown, string | undefined][] = [
    [{ replicas: 'x' }, 'unrecognized type: int32'],
    [{ replicas: 1.5 }, 'cannot convert float64 to int32'],
    [{ paused: 'x' }, 'unrecognized type: bool'],
    [{ template: { spec: { containers: {} } } }, 'cannot restore slice from map'],
    [{ template: { spec: { nodeSelector: 'x' } } }, 'cannot restore map from string'],
    [{ template: { spec: 'x' } }, 'cannot restore struct from: string'],
    [{ template: { spec: { restartPolicy: 1 } } }, 'cannot convert int64 to v1.RestartPolicy'],
    [{ template: { metadata: { labels: { a: 1.5 } } } }, 'unrecognized type: string'],
    [{ replicas: 1, bogus: 1, template: null }, undefined],
  ];
  for (const [spec, message] of cases) expect(conversionError(schema, { spec })).toBe(message);
});
