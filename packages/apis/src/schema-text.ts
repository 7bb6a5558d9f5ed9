// A short notation for structural schemas, one field a line, two spaces a level:
//
//   name!: string enum(a|b) # A required field of two values.
//   ports: array atomic
//     -: object              an array's items
//   labels: object
//     *: string              any other key
//
// Types are those of OpenAPI, `int-or-string` and `quantity`; flags are formats, `min=`, `max=`, `default-empty`, `preserve`
// (unknown fields are kept), `atomic` and `map(key,key)` for lists.

const quantityPattern =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

type Node = Record<string, unknown>;

/** The properties of the object that a text describes. The texts are this package's own: a wrong one is a bug and throws. */
export function parseSchemaText(text: string): Record<string, Node> {
  const root: Node = { type: 'object' };
  const open: Node[] = [root];
  for (const line of text.split('\n')) {
    const match = /^( *)([^\s:!]+|\*|-)(!)?: ([\w-]+)((?: [^#]+?)?)(?: # (.*))?$/.exec(line);
    if (line === '') continue;
    if (match === null) throw new TypeError(`not a line of a schema: ${line}`);
    const [, indent = '', name = '', required, type = '', flags = '', description] = match;
    const depth = indent.length / 2;
    const parent = open[depth];
    if (parent === undefined) throw new TypeError(`too deep: ${line}`);
    const node = toNode(type, flags.trim().split(' '));
    if (description !== undefined) node.description = description;
    attach(parent, name, node, required !== undefined);
    open.length = depth + 1;
    open.push(node);
  }
  return (root.properties ?? {}) as Record<string, Node>;
}

function attach(parent: Node, name: string, node: Node, required: boolean): void {
  if (name === '-') parent.items = node;
  else if (name === '*') parent.additionalProperties = node;
  else {
    parent.properties = { ...(parent.properties as Node | undefined), [name]: node };
    if (required) parent.required = [...((parent.required as string[] | undefined) ?? []), name];
  }
}

function toNode(type: string, flags: readonly string[]): Node {
  const node: Node = {};
  if (type === 'int-or-string' || type === 'quantity') {
    node['x-kubernetes-int-or-string'] = true;
    node.anyOf = [{ type: 'integer' }, { type: 'string' }];
    if (type === 'quantity') node.pattern = quantityPattern;
  } else node.type = type;
  for (const flag of flags) applyFlag(node, flag);
  return node;
}

function applyFlag(node: Node, flag: string): void {
  const [, word = '', value = ''] = /^([\w-]+)(?:[=(]([^)]*)\)?)?$/.exec(flag) ?? [];
  switch (word) {
    case '':
      return;
    case 'int32':
    case 'int64':
    case 'double':
    case 'byte':
      node.format = word;
      return;
    case 'enum':
      node.enum = value.split('|').map((one) => (node.type === 'integer' ? Number(one) : one));
      return;
    case 'min':
      node.minimum = Number(value);
      return;
    case 'max':
      node.maximum = Number(value);
      return;
    case 'default-empty':
      node.default = '';
      return;
    case 'preserve':
      node['x-kubernetes-preserve-unknown-fields'] = true;
      return;
    case 'atomic':
      node['x-kubernetes-list-type'] = 'atomic';
      return;
    case 'map':
      node['x-kubernetes-list-type'] = 'map';
      node['x-kubernetes-list-map-keys'] = value.split(',');
      return;
    default:
      throw new TypeError(`not a flag of a schema: ${flag}`);
  }
}
