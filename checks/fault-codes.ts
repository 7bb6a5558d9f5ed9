// Finds the codes of faults in source: first arguments of `new …Fault(…)`, of `super(…)` in fault classes, of `isFault(…)`.

import { at, isNode, type SourceFile, type SyntaxNode, stringLiteral, walk } from './source-tree.ts';

export interface FaultCodes {
  /** Code to the place where it is first written. */
  readonly codes: ReadonlyMap<string, string>;
  /** Codes that callers test for. */
  readonly tested: ReadonlyMap<string, string>;
}

const codePattern = /^[a-z][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/;

export function faultCodes(files: readonly SourceFile[]): FaultCodes {
  const codes = new Map<string, string>();
  const tested = new Map<string, string>();
  for (const file of files) {
    walk(file.program, (node) => {
      for (const { code, place } of raised(node)) if (!codes.has(code)) codes.set(code, at(file, place));
      const code = testedCode(node);
      if (code !== undefined) tested.set(code, at(file, node));
    });
  }
  return { codes, tested };
}

/** String literals that look like a code, anywhere in the files: a code may be handed on before it is raised. */
export function codeLiterals(files: readonly SourceFile[]): Set<string> {
  const found = new Set<string>();
  for (const file of files) {
    walk(file.program, (node) => {
      const value = stringLiteral(node);
      if (value !== undefined && codePattern.test(value)) found.add(value);
    });
  }
  return found;
}

function raised(node: SyntaxNode): { code: string; place: SyntaxNode }[] {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return [];
  if (!isFaultConstructor(node)) return [];
  const first = Array.isArray(node.arguments) ? node.arguments[0] : undefined;
  return literals(first)
    .filter((code) => codePattern.test(code))
    .map((code) => ({ code, place: node }));
}

function isFaultConstructor(node: SyntaxNode): boolean {
  if (!isNode(node.callee)) return false;
  if (node.type === 'CallExpression') return node.callee.type === 'Super';
  return node.callee.type === 'Identifier' && String(node.callee.name).endsWith('Fault');
}

/** The literal itself, or both arms where the code depends on a condition. */
function literals(node: unknown): string[] {
  const value = stringLiteral(node);
  if (value !== undefined) return [value];
  if (isNode(node) && node.type === 'ConditionalExpression') {
    return [...literals(node.consequent), ...literals(node.alternate)];
  }
  return [];
}

function testedCode(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' || !isNode(node.callee) || node.callee.name !== 'isFault')
    return undefined;
  return Array.isArray(node.arguments) ? stringLiteral(node.arguments[1]) : undefined;
}
