// Finds what the security rules forbid: command lines put together as strings, and TLS peers that nobody verifies.

import { at, isNode, type SourceFile, type SyntaxNode, stringLiteral, walk } from './source-tree.ts';

const shellFunctions = new Set(['exec', 'execSync']);
const shells = new Set(['sh', '/bin/sh', 'bash', '/bin/bash']);

/**
 * The two that may talk to a peer they can not verify: join fetches the CA and checks its hash; a probe asks a container whether
 * it answers, as a kubelet's does, whoever made its certificate.
 */
function mayMeetStrangers(path: string): boolean {
  return /^packages\/edgecore\/src\/(join\/|edged\/containers\/http-get\.ts)/.test(path);
}

export function forbidden(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const found: string[] = [];
    const shellNames = importedShellNames(file);
    walk(file.program, (node) => {
      const reason = shellUse(node, shellNames) ?? unverifiedPeer(file.path, node);
      if (reason) found.push(`${at(file, node)}: ${reason}`);
    });
    return found;
  });
}

/** Local names of `exec` and `execSync` from node:child_process, and of Bun's shell. */
function importedShellNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  walk(file.program, (node) => {
    if (node.type !== 'ImportDeclaration' || !Array.isArray(node.specifiers)) return;
    const module = stringLiteral(node.source);
    for (const specifier of node.specifiers) {
      const imported = isNode(specifier.imported) ? String(specifier.imported.name) : '';
      const isShell = module === 'node:child_process' && shellFunctions.has(imported);
      if (isShell || (module === 'bun' && imported === '$')) names.add(String(specifier.local.name));
    }
  });
  return names;
}

function shellUse(node: SyntaxNode, shellNames: ReadonlySet<string>): string | undefined {
  if (node.type === 'CallExpression' && isNode(node.callee) && node.callee.type === 'Identifier') {
    if (shellNames.has(String(node.callee.name))) return `${String(node.callee.name)} runs a shell`;
  }
  if (node.type === 'TaggedTemplateExpression' && isNode(node.tag)) {
    if (shellNames.has(String(node.tag.name))) return "Bun's shell";
    if (node.tag.type === 'MemberExpression' && isProperty(node.tag, 'Bun', '$')) return "Bun's shell";
  }
  if (isTrueProperty(node, 'shell')) return 'shell: true';
  return shellArgument(node);
}

/** `['sh', '-c', …]` in any array of arguments whose script is not a literal. */
function shellArgument(node: SyntaxNode): string | undefined {
  if (node.type !== 'ArrayExpression' || !Array.isArray(node.elements)) return undefined;
  const [program, flag, script] = node.elements;
  if (!shells.has(stringLiteral(program) ?? '') || stringLiteral(flag) !== '-c') return undefined;
  return stringLiteral(script) === undefined ? 'a shell script made of parts' : undefined;
}

/** A server that asks for client certificates may leave the verdict to its own code; a client may not. */
function unverifiedPeer(path: string, node: SyntaxNode): string | undefined {
  if (mayMeetStrangers(path) || node.type !== 'ObjectExpression' || !Array.isArray(node.properties)) {
    return undefined;
  }
  const properties: SyntaxNode[] = node.properties.filter(isNode);
  const setting = properties.find((property) => propertyName(property) === 'rejectUnauthorized');
  if (!setting || isTrueProperty(setting, 'rejectUnauthorized')) return undefined;
  const isServer = properties.some((property) => isTrueProperty(property, 'requestCert'));
  return isServer ? undefined : 'rejectUnauthorized is not true';
}

function isTrueProperty(node: SyntaxNode, name: string): boolean {
  return (
    node.type === 'Property' && propertyName(node) === name && isNode(node.value) && node.value.value === true
  );
}

function propertyName(node: SyntaxNode): string | undefined {
  if (!isNode(node.key)) return undefined;
  return node.key.type === 'Identifier' ? String(node.key.name) : stringLiteral(node.key);
}

function isProperty(node: SyntaxNode, object: string, property: string): boolean {
  return (
    isNode(node.object) &&
    node.object.name === object &&
    isNode(node.property) &&
    node.property.name === property
  );
}
