// The simple JSON paths of CustomResourceDefinitions (`.spec.replicas`): plain fields, one below the other.

type Fields = Record<string, unknown>;

export function getPath(object: unknown, path: string): unknown {
  let value = object;
  for (const field of fieldsOf(path)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Fields)[field];
  }
  return value;
}

export function setPath(object: Fields, path: string, value: unknown): void {
  const fields = fieldsOf(path);
  const last = fields.pop();
  if (last === undefined) return;
  let target = object;
  for (const field of fields) {
    const next = target[field];
    if (typeof next !== 'object' || next === null) target[field] = {};
    target = target[field] as Fields;
  }
  target[last] = value;
}

function fieldsOf(path: string): string[] {
  return path.split('.').filter((field) => field !== '');
}
