// From a CustomResourceDefinition's `openAPIV3Schema` to the shape that decoding, patches and apply walk along.

import { isJsonObject, type JsonObject } from '../json.ts';
import type { FieldSchema, ListSchema, ObjectSchema, Schema } from './schema.ts';

const maxDepth = 64;

/** `metadata`: the schema of ObjectMeta, which every object carries whatever its definition says. */
export function structuralSchema(openApiSchema: unknown, metadata: ObjectSchema): ObjectSchema {
  const root = isJsonObject(openApiSchema) ? openApiSchema : {};
  const converter = new Converter(metadata);
  return converter.object({ ...root, 'x-kubernetes-embedded-resource': true }, maxDepth);
}

const text: Schema = { kind: 'scalar', format: 'string' };
const anything: Schema = { kind: 'any', granular: true };

class Converter {
  readonly #metadata: ObjectSchema;

  constructor(metadata: ObjectSchema) {
    this.#metadata = metadata;
  }

  object(node: JsonObject, depthLeft: number): ObjectSchema {
    const fields = new Map<string, FieldSchema>();
    const required = new Set<unknown>(Array.isArray(node.required) ? node.required : []);
    for (const [name, child] of Object.entries(isJsonObject(node.properties) ? node.properties : {})) {
      if (isJsonObject(child)) fields.set(name, this.#field(name, child, required.has(name), depthLeft - 1));
    }
    const embedded = node['x-kubernetes-embedded-resource'] === true;
    if (embedded) {
      fields.set('apiVersion', plainField('apiVersion', text));
      fields.set('kind', plainField('kind', text));
      fields.set('metadata', plainField('metadata', this.#metadata));
    }
    return {
      kind: 'object',
      name: '',
      fields,
      written: [],
      atomic: node['x-kubernetes-map-type'] === 'atomic',
      preserveUnknown: node['x-kubernetes-preserve-unknown-fields'] === true,
      embedded,
    };
  }

  #field(name: string, node: JsonObject, required: boolean, depthLeft: number): FieldSchema {
    const field = {
      ...plainField(name, this.#type(node, depthLeft)),
      required,
      nullable: node.nullable === true,
    };
    return node.default === undefined ? field : { ...field, defaultValue: node.default };
  }

  #type(node: JsonObject, depthLeft: number): Schema {
    if (depthLeft <= 0) return anything;
    if (node['x-kubernetes-int-or-string'] === true) return { kind: 'scalar', format: 'intOrString' };
    switch (node.type) {
      case 'array':
        return this.#list(node, depthLeft);
      case 'object':
        return this.#objectOrMap(node, depthLeft);
      case 'integer':
        return { kind: 'scalar', format: 'int64' };
      case 'number':
        return { kind: 'scalar', format: 'double' };
      case 'boolean':
        return { kind: 'scalar', format: 'boolean' };
      case 'string':
        return text;
      default:
        return anything;
    }
  }

  #list(node: JsonObject, depthLeft: number): ListSchema {
    const stated = node['x-kubernetes-list-type'];
    const listType = stated === 'map' || stated === 'set' ? stated : 'atomic';
    const keys = Array.isArray(node['x-kubernetes-list-map-keys']) ? node['x-kubernetes-list-map-keys'] : [];
    const item = isJsonObject(node.items) ? this.#type(node.items, depthLeft - 1) : anything;
    return { kind: 'list', item, listType, keys: keys.map(String).sort() };
  }

  #objectOrMap(node: JsonObject, depthLeft: number): Schema {
    const extra = node.additionalProperties;
    if (extra !== undefined && extra !== false && !isJsonObject(node.properties)) {
      const value = isJsonObject(extra) ? this.#type(extra, depthLeft - 1) : anything;
      return { kind: 'map', value, atomic: node['x-kubernetes-map-type'] === 'atomic' };
    }
    return this.object(node, depthLeft);
  }
}

function plainField(name: string, type: Schema): FieldSchema {
  return { name, type, required: false, whenUnset: undefined, pointer: true, patch: undefined };
}
