// What each package may import, from ARCHITECTURE.md's table, and how a file breaks it; types count like values.

import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import { at, markdownTable, type SourceFile } from './source-tree.ts';

const scope = '@selvedge/';

export interface House {
  /** Package name to the names it may import. */
  readonly mayImport: ReadonlyMap<string, ReadonlySet<string>>;
  /** Package name to its `exports` keys (`.`, `./patch` …). */
  readonly faces: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The table of ARCHITECTURE.md; `all` stands for every other package. */
export function readTable(): Map<string, Set<string>> {
  const rows = markdownTable('ARCHITECTURE.md', ['package', 'what it is', 'may import']);
  const names = rows.map((row) => (row[0] ?? '').replaceAll('`', ''));
  return new Map(
    rows.map((row, index) => {
      const cell = row[2] ?? '';
      const allowed = cell === 'all' ? names : cell.split(/\s+/).filter((name) => /^[a-z]/.test(name));
      return [names[index] ?? '', new Set(allowed)];
    }),
  );
}

/** Programs that meet only on the wire. */
const programs = ['controlplane', 'cloudcore', 'edgecore'];

export function programsThatImportOneAnother(house: House): string[] {
  return programs.flatMap((name) =>
    programs
      .filter((other) => other !== name && house.mayImport.get(name)?.has(other))
      .map((other) => `${name} → ${other}`),
  );
}

export function violations(files: readonly SourceFile[], house: House): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, node }) => {
      const reason = specifier.startsWith(scope)
        ? packageViolation(file.path, specifier.slice(scope.length), house)
        : relativeViolation(file.path, specifier);
      return reason ? [`${at(file, node)} imports ${specifier}: ${reason}`] : [];
    }),
  );
}

function packageViolation(path: string, target: string, house: House): string | undefined {
  const [name = '', ...rest] = target.split('/');
  const face = rest.length === 0 ? '.' : `./${rest.join('/')}`;
  const faces = house.faces.get(name);
  if (!faces) return 'there is no such package';
  if (!faces.has(face)) return `package ${name} does not export ${face}`;
  const own = packageOf(path);
  if (own === undefined) return undefined;
  if (own === name) return 'a package reaches its own files by their path';
  return house.mayImport.get(own)?.has(name) ? undefined : `package ${own} may not import ${name}`;
}

function relativeViolation(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const target = posix.join(posix.dirname(path), specifier);
  const own = packageOf(path);
  const other = packageOf(target);
  return own !== other && other !== undefined ? `goes around the exports of package ${other}` : undefined;
}

function packageOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** Packages that do no I/O: they may ask for nothing of the platform. */
const purePackages = ['kubernetes', 'apis', 'wire'];
/** Computation alone: nothing here reads a file, a clock or a socket. */
const pureModules = new Set(['node:buffer', 'node:crypto', 'node:util']);

export function impureImports(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => purePackages.includes(packageOf(file.path) ?? '') && !file.path.endsWith('.test.ts'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => /^(node:|bun)/.test(specifier) && !pureModules.has(specifier))
        .map(({ specifier, node }) => `${at(file, node)} imports ${specifier}`),
    );
}

/** Groups of files of one package that import one another in a circle. */
export function cycles(files: readonly SourceFile[]): string[] {
  const known = new Set(files.map((file) => file.path));
  const edges = new Map(
    files.map((file) => [
      file.path,
      importsOf(file)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier))
        .filter((path) => known.has(path)),
    ]),
  );
  const found: string[] = [];
  const finished = new Set<string>();
  for (const path of known) followImports({ path, trail: [], edges, finished, found });
  return found;
}

interface Search {
  readonly path: string;
  readonly trail: readonly string[];
  readonly edges: ReadonlyMap<string, readonly string[]>;
  readonly finished: Set<string>;
  readonly found: string[];
}

function followImports({ path, trail, edges, finished, found }: Search): void {
  const seenAt = trail.indexOf(path);
  if (seenAt >= 0) {
    found.push([...trail.slice(seenAt), path].join(' → '));
    return;
  }
  if (finished.has(path)) return;
  for (const next of edges.get(path) ?? []) {
    followImports({ path: next, trail: [...trail, path], edges, finished, found });
  }
  finished.add(path);
}
