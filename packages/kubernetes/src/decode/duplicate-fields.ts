// Fields that a JSON text names twice, which `JSON.parse` drops without a word.

const quote = 0x22;
const backslash = 0x5c;

/** How many fields the objects of a valid JSON text name, counted without parsing it again. */
export function countFields(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 0x3a) count++;
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at;
  }
  return text.length;
}

interface Container {
  readonly path: string;
  /** Names seen so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  index: number;
  name: string;
}

/** The paths (`data.a`, `spec.containers[0].image`) of fields that a valid JSON text names again. */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const open: Container[] = [];
  for (let at = 0; at < text.length; at++) {
    const top = open.at(-1);
    const character = text[at];
    if (character === '{' || character === '[') {
      open.push({
        path: top === undefined ? '' : placeOf(top),
        names: character === '{' ? new Set() : undefined,
        index: 0,
        name: '',
      });
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && top !== undefined) top.index++;
    else if (character === '"') {
      const end = endOfString(text, at);
      if (top?.names !== undefined && /^\s*:/.test(text.slice(end + 1, end + 65))) {
        top.name = JSON.parse(text.slice(at, end + 1)) as string;
        if (top.names.has(top.name)) found.push(placeOf(top));
        top.names.add(top.name);
      }
      at = end;
    }
  }
  return found;
}

function placeOf(container: Container): string {
  if (container.names === undefined) return `${container.path}[${container.index}]`;
  return container.path === '' ? container.name : `${container.path}.${container.name}`;
}
