// One of KubeEdge's kinds, as this package keeps it, and the CustomResourceDefinition that it stands for.

import { parseSchemaText } from './schema-text.ts';

export interface CustomKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly shortNames?: readonly string[];
  readonly description: string;
  /** The stored version first. */
  readonly versions: readonly CustomVersion[];
}

export interface CustomVersion {
  readonly name: string;
  readonly storage: boolean;
  readonly statusSubresource: boolean;
  /** Fields beside apiVersion, kind and metadata, in the notation of schema-text.ts. */
  readonly schema: string;
}

/** A CustomResourceDefinition as it is sent to an API server. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: Readonly<Record<string, unknown>>;
    readonly versions: readonly Readonly<Record<string, unknown>>[];
  };
}

export function toDefinition(kind: CustomKind): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: kind.scope,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        ...(kind.shortNames === undefined ? {} : { shortNames: [...kind.shortNames] }),
      },
      versions: kind.versions.map((version) => toVersion(kind, version)),
    },
  };
}

function toVersion(kind: CustomKind, version: CustomVersion): Record<string, unknown> {
  const properties = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    ...parseSchemaText(version.schema),
  };
  return {
    name: version.name,
    served: true,
    storage: version.storage,
    schema: { openAPIV3Schema: { description: kind.description, type: 'object', properties } },
    ...(version.statusSubresource ? { subresources: { status: {} } } : {}),
  };
}
