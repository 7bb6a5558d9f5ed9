// The shapes of Kubernetes objects as data: what decoding, patches, apply and OpenAPI documents walk along.

export type ScalarFormat =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'double'
  | 'time'
  | 'microTime'
  | 'bytes'
  | 'quantity'
  | 'intOrString';

export interface ScalarSchema {
  readonly kind: 'scalar';
  readonly format: ScalarFormat;
  /** Name of the Go type where it is not the plain one: `v1.RestartPolicy`. */
  readonly goType?: string;
}

export interface ListSchema {
  readonly kind: 'list';
  readonly item: Schema;
  /** How server-side apply merges it; `keys` are the list map's keys, in order. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  readonly goType?: string;
}

export interface MapSchema {
  readonly kind: 'map';
  readonly value: Schema;
  readonly atomic: boolean;
  readonly goType?: string;
}

export interface ObjectSchema {
  readonly kind: 'object';
  /** `core.v1.PodSpec`; '' for what a CustomResourceDefinition describes. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, FieldSchema>;
  /** Fields that a genuine server writes even when they are unset. */
  readonly written: readonly FieldSchema[];
  readonly atomic: boolean;
  /** Fields that are not listed are kept as they come. */
  readonly preserveUnknown: boolean;
  /** Carries apiVersion, kind and metadata of its own (custom resources). */
  readonly embedded: boolean;
}

/** Any JSON value, kept as it comes (RawExtension, JSON). */
export interface AnySchema {
  readonly kind: 'any';
  /** Server-side apply goes into its objects, as into fields that a custom resource's schema only preserves. */
  readonly granular?: boolean;
}

export type Schema = ScalarSchema | ListSchema | MapSchema | ObjectSchema | AnySchema;

export interface FieldSchema {
  readonly name: string;
  readonly type: Schema;
  readonly required: boolean;
  /** What is written when the field is unset; undefined where it is left out. Never shared: made anew on each call. */
  readonly whenUnset: (() => unknown) | undefined;
  /** An optional scalar that keeps zero values. */
  readonly pointer: boolean;
  readonly patch: PatchStrategy | undefined;
  /** A default that a CustomResourceDefinition's schema states; kinds of Kubernetes itself have theirs in code. */
  readonly defaultValue?: unknown;
  readonly nullable?: boolean;
}

export interface PatchStrategy {
  readonly merge: boolean;
  readonly retainKeys: boolean;
  /** '' for a merging list of plain values, or where the strategy says nothing of merging. */
  readonly mergeKey: string;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Splits `apps/v1`; the core group's is ''. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The schema at a dotted path (`spec.containers`), lists and maps entered without an element. */
export function schemaAt(schema: Schema, path: string): Schema | undefined {
  let current: Schema | undefined = schema;
  for (const name of path.split('.')) {
    while (current?.kind === 'list') current = current.item;
    if (current?.kind === 'object') current = current.fields.get(name)?.type;
    else if (current?.kind === 'map') current = current.value;
    else return undefined;
  }
  return current;
}
