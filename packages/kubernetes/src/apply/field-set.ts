// Sets of field paths, in the very form in which `fieldsV1` holds them, so that what does not change is never converted.
//
// A node's keys are path elements (`f:name`, `k:{"name":"c"}`, `v:"x"`) and `.`, which says that the node itself is in the
// set. A node without keys is in the set too. Sets are never changed by these functions, only shared and built anew.

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Mutable = Record<string, FieldSet>;

export const emptySet: FieldSet = Object.freeze({});
const here: FieldSet = Object.freeze({});

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node that is not the root stands for a member itself. */
function isMember(node: FieldSet): boolean {
  return node['.'] !== undefined || isEmptySet(node);
}

function node(member: boolean, children: Mutable, count: number): FieldSet | undefined {
  if (count === 0) return member ? here : undefined;
  if (member) children['.'] = here;
  return children;
}

/** Collects paths into a set. */
export class FieldSetBuilder {
  #root: Mutable | undefined;

  /** Adds a path; every element has to be one of this file's forms. */
  insert(path: readonly string[]): void {
    this.#root ??= {};
    let current = this.#root;
    // Whether the current node was there before: then having no children means that it is a member.
    let existed = false;
    for (const element of path) {
      if (existed && isEmptySet(current)) current['.'] = here;
      const child = current[element] as Mutable | undefined;
      existed = child !== undefined;
      const next = child ?? {};
      if (!existed) current[element] = next;
      current = next;
    }
    if (existed && !isEmptySet(current)) current['.'] = here;
  }

  build(): FieldSet {
    return this.#root ?? emptySet;
  }
}

/** Members of the first that are not in the second. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return isEmptySet(right) ? left : (differ(left, right, true) ?? emptySet);
}

function differ(left: FieldSet, right: FieldSet, isRoot: boolean): FieldSet | undefined {
  const wasMember = !isRoot && isMember(left);
  const member = wasMember && !isMember(right);
  const children: Mutable = {};
  let count = 0;
  let changed = member !== wasMember;
  for (const element in left) {
    if (element === '.') continue;
    const child = left[element] as FieldSet;
    const other = right[element];
    const kept = other === undefined ? child : differ(child, other, false);
    if (kept !== child) changed = true;
    if (kept === undefined) continue;
    children[element] = kept;
    count++;
  }
  return changed ? node(member, children, count) : left;
}

/** Members of the first that neither are in the second nor stand below one that is. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return isEmptySet(right) ? left : (differBelow(left, right, true) ?? emptySet);
}

function differBelow(left: FieldSet, right: FieldSet, isRoot: boolean): FieldSet | undefined {
  if (!isRoot && isMember(right)) return undefined;
  const member = !isRoot && isMember(left);
  const children: Mutable = {};
  let count = 0;
  let changed = false;
  for (const element in left) {
    if (element === '.') continue;
    const child = left[element] as FieldSet;
    const other = right[element];
    const kept = other === undefined ? child : differBelow(child, other, false);
    if (kept !== child) changed = true;
    if (kept === undefined) continue;
    children[element] = kept;
    count++;
  }
  return changed ? node(member, children, count) : left;
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (isEmptySet(left)) return right;
  return isEmptySet(right) ? left : unite(left, right, true);
}

function unite(left: FieldSet, right: FieldSet, isRoot: boolean): FieldSet {
  if (left === right) return left;
  const member = !isRoot && (isMember(left) || isMember(right));
  const children: Mutable = {};
  let count = 0;
  for (const element in left) {
    if (element === '.') continue;
    const child = left[element] as FieldSet;
    const other = right[element];
    children[element] = other === undefined ? child : unite(child, other, false);
    count++;
  }
  for (const element in right) {
    if (element === '.' || left[element] !== undefined) continue;
    children[element] = right[element] as FieldSet;
    count++;
  }
  return node(member, children, count) ?? emptySet;
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return intersect(left, right, true) ?? emptySet;
}

function intersect(left: FieldSet, right: FieldSet, isRoot: boolean): FieldSet | undefined {
  const member = !isRoot && isMember(left) && isMember(right);
  const children: Mutable = {};
  let count = 0;
  for (const element in left) {
    if (element === '.') continue;
    const other = right[element];
    const both = other === undefined ? undefined : intersect(left[element] as FieldSet, other, false);
    if (both === undefined) continue;
    children[element] = both;
    count++;
  }
  return node(member, children, count);
}

/** Whether the element is itself in the set. */
export function hasElement(set: FieldSet, element: string): boolean {
  const child = set[element];
  return child !== undefined && isMember(child);
}

/** What stands below an element, as a set of its own; undefined when nothing does. */
export function below(set: FieldSet, element: string): FieldSet | undefined {
  const child = set[element];
  if (child === undefined) return undefined;
  for (const name in child) if (name !== '.') return child;
  return undefined;
}

/** All members, each level's before what stands below them, elements in order. */
export function pathsOf(set: FieldSet): string[][] {
  const paths: string[][] = [];
  collect(set, [], paths);
  return paths;
}

function collect(set: FieldSet, prefix: readonly string[], paths: string[][]): void {
  const elements = Object.keys(set)
    .filter((element) => element !== '.')
    .sort();
  for (const element of elements) if (hasElement(set, element)) paths.push([...prefix, element]);
  for (const element of elements) {
    const child = below(set, element);
    if (child !== undefined) collect(child, [...prefix, element], paths);
  }
}

/** The set with every level's elements in the order in which Kubernetes writes them. */
export function sorted(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  const inOrder = elements.every((element, at) => at === 0 || (elements[at - 1] as string) < element);
  if (!inOrder) elements.sort();
  const result: Mutable = {};
  for (const element of elements) result[element] = sorted(set[element] as FieldSet);
  return result;
}

/** A set from outside, or undefined when it is none. */
export function readFieldSet(value: unknown, depthLeft = 64): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depthLeft === 0)
    return undefined;
  for (const [element, child] of Object.entries(value)) {
    if (element !== '.' && !/^[fkvi]:/.test(element)) return undefined;
    if (readFieldSet(child, depthLeft - 1) === undefined) return undefined;
  }
  return value as FieldSet;
}
