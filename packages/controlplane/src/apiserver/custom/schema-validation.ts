// Holds a custom resource against the schema of its definition, in the words of Kubernetes' structural validation.
// Source: k8s.io/apiextensions-apiserver/pkg/apiserver/validation.

import { fieldError, isJsonObject, type JsonObject, type KubeObject, showValue } from '@selvedge/kubernetes';
import { type CompiledPattern, compilePattern } from '@selvedge/kubernetes/validation';
import type { StatusCause } from '../status-error.ts';

type SchemaNode = JsonObject;

const maxCauses = 100;

/** Metadata is not looked at: its own rules hold. */
export function validateCustomObject(schema: unknown, object: KubeObject): StatusCause[] {
  const causes: StatusCause[] = [];
  if (isJsonObject(schema)) new Checker(causes).properties(schema, object, '');
  return causes;
}

class Checker {
  readonly #causes: StatusCause[];
  /** Each is read once for all the values that it holds for. */
  readonly #patterns = new Map<string, CompiledPattern>();

  constructor(causes: StatusCause[]) {
    this.#causes = causes;
  }

  properties(schema: SchemaNode, object: JsonObject, path: string): void {
    const properties = isJsonObject(schema.properties) ? schema.properties : {};
    for (const name of stringsOf(schema.required)) {
      if (object[name] === undefined) this.#add(fieldError.required(join(path, name)));
    }
    for (const [name, value] of Object.entries(object)) {
      if (path === '' && ['metadata', 'kind', 'apiVersion'].includes(name)) continue;
      const property = properties[name] ?? schema.additionalProperties;
      if (isJsonObject(property)) this.#value(property, value, join(path, name));
    }
  }

  #value(schema: SchemaNode, value: unknown, path: string): void {
    if (this.#causes.length >= maxCauses || (value === null && schema.nullable === true)) return;
    if (!this.#hasType(schema, value, path)) return;
    if (Array.isArray(schema.enum) && !schema.enum.some((one) => showValue(one) === showValue(value))) {
      this.#add(fieldError.notSupported(path, value, schema.enum.map(String)));
    }
    if (typeof value === 'number') this.#number(schema, value, path);
    if (typeof value === 'string') this.#string(schema, value, path);
    if (Array.isArray(value)) this.#list(schema, value, path);
    if (isJsonObject(value)) this.properties(schema, value, path);
  }

  #hasType(schema: SchemaNode, value: unknown, path: string): boolean {
    if (schema['x-kubernetes-int-or-string'] === true) {
      if (typeof value === 'string' || Number.isInteger(value)) return true;
    } else if (typeof schema.type !== 'string' || isOfType(schema.type, value)) return true;
    const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : String(schema.type);
    const name = typeName(value);
    this.#add(
      fieldError.typeInvalid(
        path,
        name,
        `${path} in body must be of type ${wanted}: ${JSON.stringify(name)}`,
      ),
    );
    return false;
  }

  #number(schema: SchemaNode, value: number, path: string): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
    const must = (rule: string) =>
      this.#add(fieldError.invalid(path, value, `${path} in body should be ${rule}`));
    if (typeof maximum === 'number') {
      if (exclusiveMaximum === true ? value >= maximum : value > maximum) {
        must(`less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`);
      }
    }
    if (typeof minimum === 'number') {
      if (exclusiveMinimum === true ? value <= minimum : value < minimum) {
        must(`greater than ${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`);
      }
    }
    if (typeof multipleOf === 'number' && value % multipleOf !== 0) must(`a multiple of ${multipleOf}`);
  }

  #string(schema: SchemaNode, value: string, path: string): void {
    const { minLength, maxLength, pattern } = schema;
    const length = [...value].length;
    if (typeof maxLength === 'number' && length > maxLength) this.#add(fieldError.tooLong(path, maxLength));
    if (typeof minLength === 'number' && length < minLength) {
      this.#add(
        fieldError.invalid(path, value, `${path} in body should be at least ${minLength} chars long`),
      );
    }
    if (typeof pattern === 'string' && !this.#matches(pattern, value)) {
      this.#add(fieldError.invalid(path, value, `${path} in body should match '${pattern}'`));
    }
  }

  /** A pattern that can not be read refuses nothing: its definition was stored before that was looked at. */
  #matches(pattern: string, value: string): boolean {
    const compiled = this.#patterns.get(pattern) ?? compilePattern(pattern);
    this.#patterns.set(pattern, compiled);
    return compiled.kind === 'malformed' || compiled.matches(value);
  }

  #list(schema: SchemaNode, list: readonly unknown[], path: string): void {
    const { minItems, maxItems, items } = schema;
    if (typeof maxItems === 'number' && list.length > maxItems) {
      this.#add(fieldError.tooMany(path, list.length, maxItems));
    }
    if (typeof minItems === 'number' && list.length < minItems) {
      this.#add(
        fieldError.invalid(path, list.length, `${path} in body should have at least ${minItems} items`),
      );
    }
    this.#duplicates(schema, list, path);
    if (!isJsonObject(items)) return;
    for (const [index, item] of list.entries()) this.#value(items, item, `${path}[${index}]`);
  }

  #duplicates(schema: SchemaNode, list: readonly unknown[], path: string): void {
    const kind = schema['x-kubernetes-list-type'];
    if (kind !== 'map' && kind !== 'set') return;
    const keys = stringsOf(schema['x-kubernetes-list-map-keys']);
    const seen = new Set<string>();
    for (const [index, item] of list.entries()) {
      const identity =
        kind === 'map' && isJsonObject(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item;
      const text = JSON.stringify(identity);
      if (seen.has(text)) {
        const shown = kind === 'map' ? `map[string]interface {}${text}` : showValue(item);
        this.#add({
          kind: 'FieldValueDuplicate',
          field: `${path}[${index}]`,
          message: `Duplicate value: ${shown}`,
        });
      }
      seen.add(text);
    }
  }

  #add({ kind, message, field }: { kind: string; message: string; field: string }): void {
    this.#causes.push({ reason: kind, message, field });
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return type === typeName(value) || (type === 'number' && typeof value === 'number');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
