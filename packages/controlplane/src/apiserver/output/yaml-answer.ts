// The same answer in YAML, for who asks for it.

import { YAML } from 'bun';
import type { Answer } from '../api-request.ts';

const yamlType = 'application/yaml';
const maxAcceptLength = 4_096;

/** Whether YAML stands before JSON in an Accept header. */
export function prefersYaml(accept: string | undefined): boolean {
  const types = (accept ?? '').slice(0, maxAcceptLength).split(',');
  const first = types
    .map((clause) => clause.split(';')[0]?.trim() ?? '')
    .find((type) => type === yamlType || type === 'application/json');
  return first === yamlType;
}

/** Of JSON alone: texts and streams stay what they are. */
export function inYaml(answer: Answer): Answer {
  if (answer.kind !== 'bytes' || answer.contentType !== 'application/json') return answer;
  const value: unknown = JSON.parse(Buffer.concat(answer.chunks).toString('utf8'));
  const text = Buffer.from(`${YAML.stringify(value, null, 2)}\n`);
  return { ...answer, contentType: yamlType, chunks: [text] };
}
