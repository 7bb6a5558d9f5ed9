// Which modules a file asks for: static imports and re-exports, dynamic imports, types from `import('…')`, `require`.

import { isNode, type SourceFile, type SyntaxNode, stringLiteral, walk } from './source-tree.ts';

export interface ImportReference {
  readonly specifier: string;
  readonly node: SyntaxNode;
}

export function importsOf(file: SourceFile): ImportReference[] {
  const found: ImportReference[] = [];
  walk(file.program, (node) => {
    const specifier = requestedModule(node);
    if (specifier !== undefined) found.push({ specifier, node });
  });
  return found;
}

function requestedModule(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return stringLiteral(node.source);
    case 'TSExternalModuleReference':
      return stringLiteral(node.expression);
    case 'CallExpression':
      return isRequire(node.callee) && Array.isArray(node.arguments)
        ? stringLiteral(node.arguments[0])
        : undefined;
    default:
      return undefined;
  }
}

function isRequire(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === 'Identifier') return callee.name === 'require';
  return callee.type === 'MemberExpression' && isNode(callee.object) && callee.object.name === 'require';
}
