// A resource as the API serves it: its names, verbs, subresources, where it is stored and what is special about it.

import { apiVersionOf, type KubeObject, type ResourceType } from '@selvedge/kubernetes';
import type { Strategy } from './strategy.ts';

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly string[];
  /** Of the objects that it takes and gives, where they are not the resource's own. */
  readonly group?: string;
  readonly version?: string;
  readonly kind: string;
}

export interface ResourceNames {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

export interface Resource extends ResourceType, ResourceNames {
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** The store's collection; two versions of a resource share one. */
  readonly collection: string;
  readonly storageKind: string;
  readonly strategy: Strategy;
  /** What stands between `{` and the stored bytes' first field in a whole object. */
  readonly objectPrefix: Uint8Array;
  /** Whether the items of a list carry apiVersion and kind, as those of custom resources do. */
  readonly typedItems: boolean;
  /** Present when this version's shape is not the stored one. */
  readonly conversion?: Conversion;
  readonly custom?: CustomVersion;
}

export interface Conversion {
  fromStorage(object: KubeObject): KubeObject;
  toStorage(object: KubeObject): KubeObject;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** What a CustomResourceDefinition says of one version. */
export interface CustomVersion {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly hasStatus: boolean;
  readonly scale:
    | {
        readonly specReplicasPath: string;
        readonly statusReplicasPath: string;
        readonly labelSelectorPath?: string;
      }
    | undefined;
  readonly columns: readonly PrinterColumn[] | undefined;
  readonly selectableFields: readonly string[];
}

export const allVerbs = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

export function objectPrefixOf(type: Pick<ResourceType, 'group' | 'version' | 'kind'>): Uint8Array {
  const text = `"kind":${JSON.stringify(type.kind)},"apiVersion":${JSON.stringify(apiVersionOf(type))},`;
  return new TextEncoder().encode(text);
}

export function subresourceOf(resource: Resource, name: string): Subresource | undefined {
  return resource.subresources.find((subresource) => subresource.name === name);
}

export function storageKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
