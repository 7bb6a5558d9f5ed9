// OpenAPI v2 (Swagger) made from the v3 documents: kubectl before 1.27, Helm and other clients validate and explain with it.

import { isJsonObject, type JsonObject } from '../json.ts';

const v3Prefix = '#/components/schemas/';
const v2Prefix = '#/definitions/';

/** One document of everything that the given v3 documents hold. */
export function swaggerDocument(documents: readonly JsonObject[]): JsonObject {
  const definitions: JsonObject = {};
  const paths: JsonObject = {};
  for (const document of documents) {
    const components = objectAt(document, 'components');
    for (const [name, schema] of Object.entries(objectAt(components, 'schemas'))) {
      // Shared definitions are in several documents; only where a kind is served does its definition say so.
      if (definitions[name] === undefined || isTagged(schema)) definitions[name] = schemaOf(schema);
    }
    for (const [path, item] of Object.entries(objectAt(document, 'paths'))) paths[path] = pathItem(item);
  }
  return { swagger: '2.0', info: documents[0]?.info ?? {}, paths, definitions };
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function isTagged(schema: unknown): boolean {
  return isJsonObject(schema) && schema['x-kubernetes-group-version-kind'] !== undefined;
}

/** What v2 knows of a schema and may be taken over as it is. */
const plainKeys = ['description', 'format', 'type', 'required'];

/**
 * v2 has no alternatives and no `nullable`: where v3 says so, any value is let through, as Kubernetes does. A reference may
 * stand beside a description here, which takes `allOf` in v3.
 */
function schemaOf(schema: unknown): JsonObject {
  if (!isJsonObject(schema)) return {};
  const made: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (plainKeys.includes(key) || key.startsWith('x-kubernetes-')) made[key] = value;
  }
  const reference = referenceOf(schema);
  if (reference !== undefined) return { ...made, $ref: reference };
  if (Array.isArray(schema.oneOf)) return { ...made, type: 'string' };
  if (takesAnything(schema)) {
    delete made.type;
    delete made.required;
    return made;
  }
  if (isJsonObject(schema.items)) made.items = schemaOf(schema.items);
  if (isJsonObject(schema.additionalProperties))
    made.additionalProperties = schemaOf(schema.additionalProperties);
  if (isJsonObject(schema.properties)) {
    const properties = Object.entries(schema.properties);
    made.properties = Object.fromEntries(properties.map(([name, value]) => [name, schemaOf(value)]));
  }
  return made;
}

function takesAnything(schema: JsonObject): boolean {
  if (schema.nullable === true || schema['x-kubernetes-int-or-string'] === true) return true;
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return true;
  if (schema.type === 'array') return !isJsonObject(schema.items);
  return (
    schema.type === 'object' && !isJsonObject(schema.properties) && !isJsonObject(schema.additionalProperties)
  );
}

function referenceOf(schema: JsonObject): string | undefined {
  const [only, ...others] = Array.isArray(schema.allOf) ? schema.allOf : [schema];
  const reference: unknown = isJsonObject(only) && others.length === 0 ? only.$ref : undefined;
  return typeof reference === 'string' ? reference.replace(v3Prefix, v2Prefix) : undefined;
}

function pathItem(item: unknown): JsonObject {
  if (!isJsonObject(item)) return {};
  const entries = Object.entries(item).map(([key, value]) =>
    key === 'parameters' ? [key, parameters(value)] : [key, operation(value)],
  );
  return Object.fromEntries(entries);
}

function operation(value: unknown): JsonObject {
  if (!isJsonObject(value)) return {};
  const { requestBody, responses, parameters: list, ...rest } = value;
  const body = isJsonObject(requestBody) ? [bodyParameter(requestBody)] : [];
  const answers = Object.entries(isJsonObject(responses) ? responses : {}).map(([code, answer]) => [
    code,
    response(answer),
  ]);
  return { ...rest, parameters: [...parameters(list), ...body], responses: Object.fromEntries(answers) };
}

function parameters(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return [];
  return list.filter(isJsonObject).map(({ schema, ...rest }) => ({ ...rest, ...objectOf(schema) }));
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function bodyParameter(requestBody: JsonObject): JsonObject {
  return { name: 'body', in: 'body', required: true, schema: contentSchema(requestBody) };
}

function response(answer: unknown): JsonObject {
  const { description = '' } = objectOf(answer);
  return { description, schema: contentSchema(objectOf(answer)) };
}

/** Every media type of a body has the same schema. */
function contentSchema(holder: JsonObject): JsonObject {
  const [first] = Object.values(objectAt(holder, 'content'));
  return schemaOf(objectOf(first).schema);
}
