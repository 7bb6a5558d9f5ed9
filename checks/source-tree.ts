// The project's own source as the checks see it: every file that git would keep, and each TypeScript file parsed.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

export const projectRoot = join(import.meta.dir, '..');

/** A node of the syntax tree, as loosely as the checks need it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
}

/** Paths of all files that are tracked or new and not ignored. */
export function listFiles(): string[] {
  const listed = isCheckout() ? listedByGit() : listedByFolder('');
  return [...new Set(listed)].filter((path) => existsSync(join(projectRoot, path))).sort();
}

/** An unpacked archive is none, and a machine may have no git. */
function isCheckout(): boolean {
  return existsSync(join(projectRoot, '.git')) && Bun.which('git') !== null;
}

function listedByGit(): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return output.split('\0').filter((path) => path !== '');
}

/** What .gitignore leaves out, as far as folders go. */
const ignoredFolders = /^(\.git|node_modules|coverage|\.selvedge.*)$/;

function listedByFolder(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return ignoredFolders.test(entry.name) ? [] : listedByFolder(path);
  });
}

export function isGenerated(path: string): boolean {
  return /\.gen\.\w+$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.test\.ts$/.test(path);
}

export function readText(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8');
}

/** Every TypeScript file that people write, parsed. */
export function sourceFiles(): SourceFile[] {
  return listFiles()
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts') && !isGenerated(path))
    .map((path) => parseSource(path, readText(path)));
}

export function parseSource(path: string, text: string): SourceFile {
  const result = parseSync(path, text);
  const problem = result.errors[0];
  if (problem) throw new Error(`${path}: ${problem.message}`);
  return { path, text, program: result.program as unknown as SyntaxNode };
}

/** Visits every node of the tree, outermost first. */
export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const child of value) if (isNode(child)) walk(child, visit);
    } else if (isNode(value)) {
      walk(value, visit);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function stringLiteral(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** `path:line`, as editors understand it. */
export function at(file: SourceFile, node: SyntaxNode): string {
  return `${file.path}:${file.text.slice(0, node.start).split('\n').length}`;
}

/** The rows of the first Markdown table under a header row that starts with the given cells, without its header. */
export function markdownTable(path: string, firstColumns: readonly string[]): string[][] {
  const lines = readText(path).split('\n');
  const rows = lines.map((line) => (line.startsWith('|') ? splitRow(line) : undefined));
  const header = rows.findIndex(
    (row) => row !== undefined && firstColumns.every((name, i) => row[i] === name),
  );
  if (header < 0) throw new Error(`${path} has no table that starts with ${firstColumns.join(' | ')}`);
  const end = rows.findIndex((row, i) => i > header && row === undefined);
  return rows.slice(header + 2, end < 0 ? undefined : end).filter((row) => row !== undefined);
}

function splitRow(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
