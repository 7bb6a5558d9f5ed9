// Schemas as OpenAPI v3 writes them: one component per definition, references between them.

import type { JsonObject } from '../json.ts';
import type { Definitions } from '../schema/definitions.ts';
import type { FieldSchema, ScalarFormat, Schema } from '../schema/schema.ts';
import type { Describe } from './descriptions.ts';

/** `io.k8s.api.core.v1.Pod` of `core.v1.Pod`. */
export function componentName(definition: string): string {
  if (definition.startsWith('meta.')) return `io.k8s.apimachinery.pkg.apis.${definition}`;
  if (definition.startsWith('apiextensions.')) return `io.k8s.apiextensions-apiserver.pkg.apis.${definition}`;
  if (definition.startsWith('apiregistration.')) return `io.k8s.kube-aggregator.pkg.apis.${definition}`;
  if (definition === 'version.v1.VersionInfo') return 'io.k8s.apimachinery.pkg.version.Info';
  return `io.k8s.api.${definition}`;
}

export function referenceTo(component: string): JsonObject {
  return { $ref: `#/components/schemas/${component}` };
}

/** Types of Kubernetes that are written as plain values but have names of their own. */
const valueComponents: Readonly<Record<string, JsonObject>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: 'date-time' },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: 'date-time' },
};

const plainScalars: Partial<Record<ScalarFormat, JsonObject>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
};

const namedScalars: Partial<Record<ScalarFormat, string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  microTime: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
};

/** Collects definitions and everything they refer to. */
export class Components {
  readonly schemas: Record<string, JsonObject> = {};
  readonly #definitions: Definitions;
  readonly #describe: Describe;

  constructor(definitions: Definitions, describe: Describe) {
    this.#definitions = definitions;
    this.#describe = describe;
  }

  /** Adds a definition and returns its component's name. */
  add(definition: string): string {
    const name = componentName(definition);
    if (this.schemas[name] !== undefined) return name;
    const component: JsonObject = { type: 'object' };
    this.schemas[name] = component;
    const schema = this.#definitions.definition(definition);
    const description = this.#describe(definition);
    if (description?.text !== undefined) component.description = description.text;
    const required: string[] = [];
    const properties: JsonObject = {};
    for (const field of schema.fields.values()) {
      properties[field.name] = this.#property(field, description?.fields.get(field.name));
      if (field.required) required.push(field.name);
    }
    if (required.length > 0) component.required = required;
    component.properties = properties;
    if (schema.atomic) component['x-kubernetes-map-type'] = 'atomic';
    return name;
  }

  #property(field: FieldSchema, description: string | undefined): JsonObject {
    const property = this.#type(field.type);
    const extras: JsonObject = {};
    if (description !== undefined) extras.description = description;
    if (field.type.kind === 'list' && field.type.listType !== 'atomic') {
      extras['x-kubernetes-list-type'] = field.type.listType;
      if (field.type.listType === 'map') extras['x-kubernetes-list-map-keys'] = field.type.keys;
    }
    if (field.type.kind === 'map' && field.type.atomic) extras['x-kubernetes-map-type'] = 'atomic';
    if (field.patch !== undefined) {
      const strategies = [field.patch.merge ? 'merge' : '', field.patch.retainKeys ? 'retainKeys' : ''];
      extras['x-kubernetes-patch-strategy'] = strategies.filter((one) => one !== '').join(',') || 'replace';
      if (field.patch.mergeKey !== '') extras['x-kubernetes-patch-merge-key'] = field.patch.mergeKey;
    }
    if (Object.keys(extras).length === 0) return property;
    return property.$ref === undefined ? { ...property, ...extras } : { ...extras, allOf: [property] };
  }

  #type(schema: Schema): JsonObject {
    switch (schema.kind) {
      case 'scalar':
        return this.#scalar(schema.format);
      case 'list':
        return { type: 'array', items: this.#type(schema.item) };
      case 'map':
        return { type: 'object', additionalProperties: this.#type(schema.value) };
      case 'object':
        return referenceTo(this.add(schema.name));
      case 'any':
        return { type: 'object' };
    }
  }

  #scalar(format: ScalarFormat): JsonObject {
    const name = namedScalars[format];
    if (name === undefined) return { ...plainScalars[format] };
    this.schemas[name] ??= { ...valueComponents[name] };
    return referenceTo(name);
  }
}
