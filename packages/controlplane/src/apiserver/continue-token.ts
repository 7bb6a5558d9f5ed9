// Where a list in pages goes on: a revision and the last key told, opaque to clients, in Kubernetes' own encoding.

import { refuse } from './status-error.ts';

export interface ContinueToken {
  /** 0 or below: go on in the newest state. */
  readonly revision: number;
  readonly after: string;
}

const maxTokenLength = 4_096;
const version = 'meta.k8s.io/v1';

export function encodeContinue({ revision, after }: ContinueToken): string {
  const text = JSON.stringify({ v: version, rv: revision, start: `${after}\0` });
  return Buffer.from(text, 'utf8').toString('base64url');
}

export function decodeContinue(token: string): ContinueToken {
  const bad = (why: string) => refuse.badRequest(`invalid continue token: continue key is not valid: ${why}`);
  if (token.length > maxTokenLength || !/^[A-Za-z0-9_-]*$/.test(token)) throw bad('illegal base64 data');
  const text = Buffer.from(token, 'base64url').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const first = Buffer.from(token, 'base64url')[0] ?? 0;
    throw bad(`invalid character '${showCharacter(first)}' looking for beginning of value`);
  }
  const { v, rv, start } = (value ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== version) throw bad('server does not recognize this encoded version');
  if (typeof start !== 'string' || start === '') throw bad('encoded continue key was empty');
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv))
    throw bad('incorrect encoded start resourceVersion');
  return { revision: rv, after: start.replace(/\0$/, '') };
}

function showCharacter(code: number): string {
  if (code >= 0x20 && code < 0x7f) return String.fromCharCode(code);
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
