// What fields mean, read from the comments of an installed `kubernetes-types` package; nothing of it is kept here.

export interface TypeDescription {
  readonly text: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
}

/** Finds the description of a definition by its short name (`core.v1.PodSpec`). */
export type Describe = (definition: string) => TypeDescription | undefined;

/** `read` gets a file of the package (`core/v1.d.ts`), or undefined where there is none. Each is parsed on first use. */
export function describeFrom(read: (file: string) => string | undefined): Describe {
  const files = new Map<string, ReadonlyMap<string, TypeDescription>>();
  return (definition) => {
    const [group = '', version = '', name = ''] = definition.split('.');
    const file = `${group}/${version}.d.ts`;
    let types = files.get(file);
    if (types === undefined) {
      types = parseDescriptions(read(file) ?? '');
      files.set(file, types);
    }
    return types.get(name);
  };
}

const declaration = /^export interface (\w+) \{$/;
const field = /^ +(?:readonly )?['"]?([\w$-]+)['"]?\??:/;

/** Reads the comments before interfaces and their fields. */
export function parseDescriptions(source: string): Map<string, TypeDescription> {
  const types = new Map<string, TypeDescription>();
  let fields = new Map<string, string>();
  let comment: string[] = [];
  let inComment = false;
  for (const line of source.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('/**')) {
      comment = [];
      inComment = true;
    }
    if (inComment) {
      const text = trimmed.replace(/^\/?\*+\/?\s?/, '').replace(/\s*\*\/$/, '');
      if (text !== '') comment.push(text);
      if (trimmed.endsWith('*/')) inComment = false;
      continue;
    }
    const type = declaration.exec(line)?.[1];
    const name = field.exec(line)?.[1];
    if (type !== undefined) {
      fields = new Map();
      types.set(type, { text: comment.length > 0 ? comment.join(' ') : undefined, fields });
    } else if (name !== undefined && comment.length > 0) fields.set(name, comment.join(' '));
    if (trimmed !== '') comment = [];
  }
  return types;
}
