// Kubernetes' own definitions: parsed from the generated table and the tables of facts, one at a time and on first use.

import type { ResourceType } from '../resource.ts';
import table from './definitions.gen.json';
import { goTypeNames } from './facts-go-types.ts';
import { atomicMaps, atomicStructs, listTypes, patchStrategies } from './facts-merging.ts';
import { pointerFields } from './facts-pointers.ts';
import { alwaysWritten, nullWhenUnset, omittedWhenUnset, quantityFields } from './facts-values.ts';
import type {
  FieldSchema,
  GroupVersionKind,
  ObjectSchema,
  PatchStrategy,
  ScalarFormat,
  Schema,
} from './schema.ts';

const scalarFormats: Readonly<Record<string, ScalarFormat>> = {
  s: 'string',
  b: 'boolean',
  i: 'int32',
  l: 'int64',
  d: 'double',
  t: 'time',
  u: 'microTime',
  y: 'bytes',
  x: 'intOrString',
};

const definitionTexts: Readonly<Record<string, string>> = table.definitions;

/** Words of one definition in a table of facts, as a map from field to what stands after `=`. */
function factsOf(facts: Readonly<Record<string, string>>, name: string): ReadonlyMap<string, string> {
  const words = facts[name]?.split(' ') ?? [];
  return new Map(
    words.map((word) => {
      const equals = word.indexOf('=');
      return equals < 0 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)];
    }),
  );
}

function parsePatchStrategy(text: string | undefined): PatchStrategy | undefined {
  if (text === undefined) return undefined;
  const [strategies = '', mergeKey = ''] = text.split(':');
  return {
    merge: strategies.split(',').includes('merge'),
    retainKeys: strategies.includes('retainKeys'),
    mergeKey,
  };
}

const isStruct = (type: Schema): boolean => type.kind === 'object';
const isZeroTime = (type: Schema): boolean =>
  type.kind === 'scalar' && (type.format === 'time' || type.format === 'microTime');

/** What Go writes for a field that nobody set and that it does not leave out. */
function unsetValue(type: Schema): () => unknown {
  if (type.kind === 'object') {
    return () => {
      const value: Record<string, unknown> = {};
      for (const field of type.written) value[field.name] = field.whenUnset?.();
      return value;
    };
  }
  if (type.kind !== 'scalar' || isZeroTime(type) || type.format === 'bytes') return () => null;
  if (type.format === 'string') return () => '';
  if (type.format === 'boolean') return () => false;
  return type.format === 'quantity' ? () => '0' : () => 0;
}

interface FieldFacts {
  readonly lists: ReadonlyMap<string, string>;
  readonly patches: ReadonlyMap<string, string>;
  readonly quantities: ReadonlyMap<string, string>;
  readonly goTypes: ReadonlyMap<string, string>;
  readonly atomic: ReadonlyMap<string, string>;
  readonly written: ReadonlyMap<string, string>;
  readonly omitted: ReadonlyMap<string, string>;
  readonly pointers: ReadonlyMap<string, string>;
  readonly nulls: ReadonlyMap<string, string>;
}

function fieldFacts(name: string): FieldFacts {
  return {
    lists: factsOf(listTypes, name),
    patches: factsOf(patchStrategies, name),
    quantities: factsOf(quantityFields, name),
    goTypes: factsOf(goTypeNames, name),
    atomic: factsOf(atomicMaps, name),
    written: factsOf(alwaysWritten, name),
    omitted: factsOf(omittedWhenUnset, name),
    pointers: factsOf(pointerFields, name),
    nulls: factsOf(nullWhenUnset, name),
  };
}

class Definition implements ObjectSchema {
  readonly kind = 'object';
  readonly name: string;
  readonly atomic: boolean;
  readonly preserveUnknown = false;
  readonly embedded = false;
  readonly #registry: Definitions;
  #fields: ReadonlyMap<string, FieldSchema> | undefined;
  #written: readonly FieldSchema[] | undefined;

  constructor(registry: Definitions, name: string, atomic: boolean) {
    this.#registry = registry;
    this.name = name;
    this.atomic = atomic;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    this.#fields ??= this.#parse();
    return this.#fields;
  }

  get written(): readonly FieldSchema[] {
    this.#written ??= [...this.fields.values()].filter((field) => field.whenUnset !== undefined);
    return this.#written;
  }

  #parse(): ReadonlyMap<string, FieldSchema> {
    const facts = fieldFacts(this.name);
    const home = this.name.split('.').slice(0, 2).join('.');
    const fields = new Map<string, FieldSchema>();
    for (const word of definitionTexts[this.name]?.split(' ') ?? []) {
      const colon = word.indexOf(':');
      if (colon < 0) continue;
      const required = word[colon - 1] === '!';
      const name = word.slice(0, required ? colon - 1 : colon);
      const type = this.#type(word.slice(colon + 1), name, facts, home);
      fields.set(name, this.#field(name, type, required, facts));
    }
    return fields;
  }

  #field(name: string, type: Schema, required: boolean, facts: FieldFacts): FieldSchema {
    const pointer = facts.pointers.has(name);
    const metadata = name === 'metadata' && isStruct(type);
    const written = (required && !facts.omitted.has(name)) || facts.written.has(name) || metadata;
    const asNull = pointer || facts.nulls.has(name);
    const whenUnset = written ? (asNull ? () => null : unsetValue(type)) : undefined;
    return { name, type, required, whenUnset, pointer, patch: parsePatchStrategy(facts.patches.get(name)) };
  }

  #type(text: string, field: string, facts: FieldFacts, home: string): Schema {
    const goName = facts.goTypes.get(field);
    const goType =
      goName === undefined ? undefined : goName.replace(/^(\[\])?(?=\w+$)/, (_, list) => `${list ?? ''}v1.`);
    if (text.startsWith('[')) {
      const plain = this.#type(text.slice(1, -1), '', facts, home);
      const itemName = goType?.startsWith('[]') ? goType.slice(2) : undefined;
      const isNamed = plain.kind === 'scalar' && itemName !== undefined;
      const item: Schema = isNamed ? { ...plain, goType: itemName } : plain;
      const fact = facts.lists.get(field);
      const listType = fact === undefined ? 'atomic' : fact === '*' ? 'set' : 'map';
      const keys = listType === 'map' && fact !== undefined ? fact.split(',').sort() : [];
      return { kind: 'list', item, listType, keys, ...(goType === undefined ? {} : { goType }) };
    }
    if (text.startsWith('{')) {
      const plain = this.#type(text.slice(1, -1), '', facts, home);
      const value: Schema = facts.quantities.has(field) ? { kind: 'scalar', format: 'quantity' } : plain;
      const map = { kind: 'map', value, atomic: facts.atomic.has(field) } as const;
      return goType === undefined ? map : { ...map, goType };
    }
    if (text === '*') return { kind: 'any' };
    const format = facts.quantities.has(field) ? 'quantity' : scalarFormats[text];
    if (format !== undefined) {
      return goType === undefined ? { kind: 'scalar', format } : { kind: 'scalar', format, goType };
    }
    const reference = text.includes('.') ? text : `${home}.${text}`;
    return this.#registry.definition(reference, facts.atomic.has(field));
  }
}

/** All definitions and resources of the API level that the table was made from. Parses each definition on first use. */
export class Definitions {
  readonly #definitions = new Map<string, Definition>();
  #kinds: ReadonlyMap<string, string> | undefined;

  /** By its short name: `core.v1.PodSpec`. `atomic`: as a field that server-side apply treats as one value. */
  definition(name: string, atomic = false): ObjectSchema {
    const key = atomic ? `${name} atomic` : name;
    let definition = this.#definitions.get(key);
    if (definition === undefined) {
      definition = new Definition(this, name, atomic || atomicStructs.has(name));
      this.#definitions.set(key, definition);
    }
    return definition;
  }

  has(name: string): boolean {
    return name in definitionTexts;
  }

  names(): string[] {
    return Object.keys(definitionTexts);
  }

  /** The schema of a kind, or undefined where this API level does not have it. */
  schemaOf(kind: GroupVersionKind): ObjectSchema | undefined {
    this.#kinds ??= kindsOfResources();
    const key = `${kind.group}/${kind.version}/${kind.kind}`;
    const list = kind.kind.endsWith('List') ? this.#kinds.get(key.slice(0, -4)) : undefined;
    const name = this.#kinds.get(key) ?? (list === undefined ? undefined : `${list}List`);
    return name === undefined || !this.has(name) ? undefined : this.definition(name);
  }

  /** Every collection that Kubernetes serves at this API level. */
  resources(): ResourceType[] {
    return table.resources.map((row) => {
      const [group, version, resource, definition, namespaced] = row as [
        string,
        string,
        string,
        string,
        number,
      ];
      return { group, version, resource, kind: kindName(definition), namespaced: namespaced === 1 };
    });
  }
}

function kindName(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1);
}

/** Bodies of subresources and answers, which have no collection of their own. */
const otherKinds: Readonly<Record<string, string>> = {
  '/v1/Status': 'meta.v1.Status',
  '/v1/DeleteOptions': 'meta.v1.DeleteOptions',
  'meta.k8s.io/v1/DeleteOptions': 'meta.v1.DeleteOptions',
  'policy/v1/Eviction': 'policy.v1.Eviction',
  'autoscaling/v1/Scale': 'autoscaling.v1.Scale',
  'authentication.k8s.io/v1/TokenRequest': 'authentication.v1.TokenRequest',
};

function kindsOfResources(): ReadonlyMap<string, string> {
  const kinds = new Map<string, string>(Object.entries(otherKinds));
  for (const row of table.resources) {
    const [group, version, , definition] = row as [string, string, string, string, number];
    kinds.set(`${group}/${version}/${kindName(definition)}`, definition);
    kinds.set(`${group}/${version}/DeleteOptions`, 'meta.v1.DeleteOptions'); // clients write it in the group's name
  }
  return kinds;
}
