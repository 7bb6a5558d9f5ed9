// The fields that an applied configuration names, after a look at whether it fits the schema.

import { goValue, isJsonObject, type JsonObject } from '../json.ts';
import type { ListSchema, ScalarSchema, Schema } from '../schema/schema.ts';
import { fieldType, isOneValue } from './compare.ts';
import { type FieldSet, FieldSetBuilder } from './field-set.ts';
import { fieldElement, itemElement, showKey } from './path-element.ts';

/** What is wrong with a configuration, in the words of Kubernetes; empty when nothing is. */
export function schemaErrors(schema: Schema, value: unknown): string[] {
  const checker = new Checker();
  checker.check(schema, value, '');
  return checker.errors;
}

const maxErrors = 100;

class Checker {
  readonly errors: string[] = [];

  check(schema: Schema, value: unknown, path: string): void {
    if (value === null || value === undefined || this.errors.length >= maxErrors) return;
    switch (schema.kind) {
      case 'any':
        return;
      case 'scalar':
        this.#checkScalar(schema, value, path);
        return;
      case 'list':
        this.#checkList(schema, value, path);
        return;
      default:
        this.#checkFields(schema, value, path);
    }
  }

  #checkScalar({ format }: ScalarSchema, value: unknown, path: string): void {
    switch (format) {
      case 'quantity':
      case 'intOrString':
        if (typeof value === 'object') this.#wrong(path, `expected scalar, got ${goTyped(value)}`);
        return;
      case 'boolean':
        if (typeof value !== 'boolean') this.#wrong(path, `expected boolean, got ${goTyped(value)}`);
        return;
      case 'int32':
      case 'int64':
      case 'double':
        if (typeof value !== 'number') {
          this.#wrong(path, `expected numeric (int or float), got ${goTypeName(value)}`);
        }
        return;
      default:
        if (typeof value !== 'string') this.#wrong(path, `expected string, got ${goSyntax(value)}`);
    }
  }

  #checkList(schema: ListSchema, value: unknown, path: string): void {
    if (!Array.isArray(value)) {
      this.#wrong(path, `expected list, got ${goTyped(value)}`);
      return;
    }
    const seen = new Set<string>();
    for (const [at, item] of value.entries()) {
      if (schema.listType === 'atomic') {
        this.check(schema.item, item, `${path}[${at}]`);
        continue;
      }
      const found = itemElement(schema, item);
      if (found.kind === 'unkeyed') {
        this.#wrong(path, `element ${at}: ${found.message}`);
        continue;
      }
      const shown = found.element.startsWith('k:')
        ? showKey(found.element.slice(2))
        : `[=${found.element.slice(2)}]`;
      if (seen.has(found.element)) this.#wrong(path, `duplicate entries for key ${shown}`);
      seen.add(found.element);
      this.check(schema.item, item, path + shown);
    }
  }

  #checkFields(schema: Schema, value: unknown, path: string): void {
    if (!isJsonObject(value)) {
      this.#wrong(path, `expected map, got ${goTyped(value)}`);
      return;
    }
    for (const name of Object.keys(value).sort()) {
      const type = fieldType(schema, name);
      if (type === undefined) {
        // Kubernetes looks at no more fields of the same object.
        this.#wrong(`${path}.${name}`, 'field not declared in schema');
        return;
      }
      this.check(type, value[name], `${path}.${name}`);
    }
  }

  #wrong(path: string, message: string): void {
    this.errors.push(`${path}: ${message}`);
  }
}

/** As Go prints the value that it looked at: `&{x}`, or with its type. */
function goTyped(value: unknown): string {
  return `&{${goValue(value)}}`;
}

function goSyntax(value: unknown): string {
  return `&value.valueUnstructured{Value:${typeof value === 'object' ? goTypeName(value) : JSON.stringify(value)}}`;
}

function goTypeName(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

/** Every field and item that an object names: what an applier owns. */
export function appliedSet(schema: Schema, object: JsonObject): FieldSet {
  const walker = new Walker();
  walker.fields(schema, object);
  return walker.set.build();
}

class Walker {
  readonly set = new FieldSetBuilder();
  readonly #path: string[] = [];

  fields(schema: Schema, object: JsonObject): void {
    const isMetadata = schema.kind === 'object' && schema.name === 'meta.v1.ObjectMeta';
    for (const [name, value] of Object.entries(object)) {
      const type = fieldType(schema, name);
      if (type === undefined || value === undefined || (isMetadata && name === 'managedFields')) continue;
      this.#path.push(fieldElement(name));
      this.#value(type, value);
      const isEntry = schema.kind !== 'object' || !schema.fields.has(name);
      if (isEntry || value === null || (isJsonObject(value) && Object.keys(value).length === 0))
        this.#insert();
      this.#path.pop();
    }
  }

  #value(schema: Schema, value: unknown): void {
    if (isOneValue(schema, value)) this.#insert();
    else if (schema.kind === 'list') {
      if (Array.isArray(value)) this.#items(schema, value);
    } else if (isJsonObject(value)) this.fields(schema, value);
  }

  #items(schema: ListSchema, list: readonly unknown[]): void {
    for (const item of list) {
      const found = itemElement(schema, item);
      if (found.kind === 'unkeyed') continue;
      this.#path.push(found.element);
      this.#value(schema.item, item);
      this.#insert();
      this.#path.pop();
    }
  }

  #insert(): void {
    this.set.insert(this.#path);
  }
}
