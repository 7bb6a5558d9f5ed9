// An OpenAPI v2 document in the protobuf form that Go clients ask for: the messages of gnostic's openapi.v2 package.

import { isJsonObject, type JsonObject } from '../json.ts';

/** Field numbers of the messages, by the name that a field has in JSON. */
const documentFields = { swagger: 1, info: 2, paths: 8, definitions: 9 } as const;
const infoFields = { title: 1, version: 2 } as const;
const operationFields = { tags: 1, parameters: 8, responses: 9, extension: 13 } as const;
const methodFields = { get: 2, put: 3, post: 4, delete: 5, patch: 8, parameters: 9 } as const;
const bodyFields = { name: 2, in: 3, required: 4, schema: 5 } as const;
const queryFields = { required: 1, in: 2, name: 4, type: 6, uniqueItems: 20 } as const;
const pathFields = { required: 1, in: 2, name: 4, type: 5, uniqueItems: 19 } as const;
const schemaFields = {
  $ref: 1,
  format: 2,
  description: 4,
  required: 19,
  additionalProperties: 21,
  type: 22,
  items: 23,
  properties: 25,
  extension: 31,
} as const;

export function encodeSwagger(document: JsonObject): Uint8Array {
  const info = isJsonObject(document.info) ? document.info : {};
  return message([
    text(documentFields.swagger, document.swagger),
    bytes(
      documentFields.info,
      message([text(infoFields.title, info.title), text(infoFields.version, info.version)]),
    ),
    bytes(documentFields.paths, named(2, document.paths, pathItem)),
    bytes(documentFields.definitions, named(1, document.definitions, schemaMessage)),
  ]);
}

/** A map as protobuf of that time writes it: repeated pairs of name and value. */
function named(field: number, map: unknown, encode: (value: JsonObject) => Buffer): Buffer {
  const entries = Object.entries(isJsonObject(map) ? map : {});
  return message(
    entries.map(([name, value]) =>
      bytes(field, message([text(1, name), bytes(2, encode(isJsonObject(value) ? value : {}))])),
    ),
  );
}

function schemaMessage(schema: JsonObject): Buffer {
  const { required, items, properties, additionalProperties, type } = schema;
  return message([
    text(schemaFields.$ref, schema.$ref),
    text(schemaFields.format, schema.format),
    text(schemaFields.description, schema.description),
    ...texts(schemaFields.required, required),
    isJsonObject(additionalProperties) &&
      bytes(schemaFields.additionalProperties, wrapped(schemaMessage(additionalProperties))),
    typeof type === 'string' && bytes(schemaFields.type, message([text(1, type)])),
    isJsonObject(items) && bytes(schemaFields.items, wrapped(schemaMessage(items))),
    isJsonObject(properties) && bytes(schemaFields.properties, named(1, properties, schemaMessage)),
    ...extensions(schemaFields.extension, schema),
  ]);
}

function pathItem(item: JsonObject): Buffer {
  const parts = Object.entries(methodFields).map(([method, field]) => {
    const value = item[method];
    if (method === 'parameters') return message(parameterFields(field, value));
    return isJsonObject(value) && bytes(field, operation(value));
  });
  return message(parts);
}

function operation(value: JsonObject): Buffer {
  return message([
    ...texts(operationFields.tags, value.tags),
    ...parameterFields(operationFields.parameters, value.parameters),
    bytes(operationFields.responses, named(1, value.responses, responseValue)),
    ...extensions(operationFields.extension, value),
  ]);
}

/** ResponseValue{response{description, schema item{schema}}}. */
function responseValue({ description, schema }: JsonObject): Buffer {
  const item = isJsonObject(schema) && bytes(2, wrapped(schemaMessage(schema)));
  return wrapped(message([text(1, description), item]));
}

/** ParametersItem{parameter{body | other{query | path}}}, once per parameter. */
function parameterFields(field: number, list: unknown): Buffer[] {
  const parameters = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return parameters.map((one) => bytes(field, wrapped(parameter(one))));
}

function parameter(one: JsonObject): Buffer {
  if (one.in === 'body') {
    const { schema } = one;
    const body = message([
      text(bodyFields.name, one.name),
      text(bodyFields.in, one.in),
      flag(bodyFields.required, one.required),
      isJsonObject(schema) && bytes(bodyFields.schema, schemaMessage(schema)),
    ]);
    return message([bytes(1, body)]);
  }
  const fields = one.in === 'path' ? pathFields : queryFields;
  const other = message([
    flag(fields.required, one.required),
    text(fields.in, one.in),
    text(fields.name, one.name),
    text(fields.type, one.type),
    flag(fields.uniqueItems, one.uniqueItems),
  ]);
  return message([bytes(2, message([bytes(one.in === 'path' ? 4 : 3, other)]))]);
}

/** NamedAny{name, any{yaml}}: JSON is YAML too. */
function extensions(field: number, holder: JsonObject): Buffer[] {
  return Object.entries(holder)
    .filter(([key]) => key.startsWith('x-'))
    .map(([key, value]) =>
      bytes(field, message([text(1, key), bytes(2, message([text(2, JSON.stringify(value))]))])),
    );
}

/** A message whose first field holds another: gnostic's way to write a choice. */
function wrapped(inner: Buffer): Buffer {
  return message([bytes(1, inner)]);
}

type Part = Buffer | false | undefined;

function message(parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.filter((part): part is Buffer => part instanceof Buffer));
}

function text(field: number, value: unknown): Part {
  return typeof value === 'string' && value !== '' && bytes(field, Buffer.from(value));
}

function texts(field: number, values: unknown): Part[] {
  return Array.isArray(values) ? values.map((value) => text(field, value)) : [];
}

function flag(field: number, value: unknown): Part {
  return value === true && Buffer.concat([varint(field << 3), varint(1)]);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) digits.push((rest % 0x80) | 0x80);
  digits.push(rest);
  return Buffer.from(digits);
}
