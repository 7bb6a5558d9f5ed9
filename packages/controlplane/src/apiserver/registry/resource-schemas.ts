// The schema of each resource: of Kubernetes' kinds from the table, of custom ones from their definition; looked up once.

import { type Defaulter, defaulterOf } from '@selvedge/kubernetes/defaults';
import { ProtobufDecoder } from '@selvedge/kubernetes/protobuf';
import { Definitions, type ObjectSchema, structuralSchema } from '@selvedge/kubernetes/schema';
import type { Resource } from './resource.ts';

export type SchemaOwner = Pick<Resource, 'group' | 'version' | 'kind'> & {
  readonly custom?: Resource['custom'];
};

export class ResourceSchemas {
  readonly definitions = new Definitions();
  readonly protobuf = new ProtobufDecoder(this.definitions);
  readonly #custom = new WeakMap<object, ObjectSchema>();
  readonly #defaulters = new Map<string, Defaulter | undefined>();

  /** Undefined for the few kinds of which only the names are known. */
  schemaOf(owner: SchemaOwner): ObjectSchema | undefined {
    if (!owner.custom) return this.definitions.schemaOf(owner);
    let schema = this.#custom.get(owner.custom);
    if (!schema) {
      schema = structuralSchema(owner.custom.schema, this.definitions.definition('meta.v1.ObjectMeta'));
      this.#custom.set(owner.custom, schema);
    }
    return schema;
  }

  defaulterOf(owner: SchemaOwner): Defaulter | undefined {
    const key = `${owner.group}/${owner.version}/${owner.kind}`;
    if (!this.#defaulters.has(key)) this.#defaulters.set(key, defaulterOf(owner));
    return this.#defaulters.get(key);
  }
}
