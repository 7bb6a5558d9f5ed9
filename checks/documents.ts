// What documents say of the project's files: links, paths and the code map, held against the files themselves.

import { posix } from 'node:path';

/** Every file that git keeps, and every folder above one. */
export function pathsOf(files: readonly string[]): Set<string> {
  const paths = new Set(files);
  for (const file of files) {
    for (let at = posix.dirname(file); at !== '.'; at = posix.dirname(at)) paths.add(at);
  }
  return paths;
}

/** Links and paths of a Markdown file that lead nowhere. */
export function deadReferences(path: string, text: string, paths: ReadonlySet<string>): string[] {
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.normalize(posix.join(posix.dirname(path), target)));
  const mentioned = [...text.matchAll(/`((?:packages|checks|scripts|docs|bench|test|examples)\/[\w./-]+)`/g)]
    .map(([, target = '']) => target)
    .filter((target) => !target.includes('*'));
  return [...links, ...mentioned]
    .map((target) => target.replace(/\/$/, ''))
    .filter((target) => !paths.has(target))
    .map((target) => `${path}: ${target}`);
}

export interface CodeMap {
  /** Folder below packages/ to the places that its table names, relative to `src`. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

/** The tables under headings `### packages/NAME`: each row's first cell names one or more places in backticks. */
export function readCodeMap(text: string): CodeMap {
  const packages = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of text.split('\n')) {
    const heading = /^#+ (?:`?packages\/([a-z]+)`?)?/.exec(line);
    if (heading) current = heading[1] === undefined ? undefined : (packages.get(heading[1]) ?? []);
    if (heading?.[1] !== undefined && current) packages.set(heading[1], current);
    const cell = /^\| (`[^|]*) \|/.exec(line)?.[1];
    if (current && cell) for (const [, place = ''] of cell.matchAll(/`([^`]+)`/g)) current.push(place);
  }
  return { packages };
}

/** Places of the map that are not there, and folders with code that the map does not name; `x/*` names every folder in x. */
export function mapDifferences(map: CodeMap, paths: ReadonlySet<string>): string[] {
  const wrong: string[] = [];
  for (const [name, places] of map.packages) {
    const root = `packages/${name}/src`;
    const named = new Set(places.map((place) => `${root}/${place.replace(/\/$/, '')}`));
    for (const place of named)
      if (!paths.has(place.replace(/\/\*$/, ''))) wrong.push(`${place} is in the code map and nowhere else`);
    const folders = [...paths].filter(
      (path) =>
        path.startsWith(`${root}/`) && !/\.\w+$/.test(path) && !/\/(fixtures|testing)(\/|$)/.test(path),
    );
    for (const folder of folders) {
      const isNamed = named.has(folder) || named.has(`${posix.dirname(folder)}/*`);
      if (!isNamed) wrong.push(`${folder} is not in the code map`);
    }
  }
  return wrong;
}
