// From a CustomResourceDefinition to the resources that it makes the API serve. Pure.

import type { PrinterColumn, Resource, Subresource } from '../registry/resource.ts';
import { allVerbs, objectPrefixOf } from '../registry/resource.ts';

export interface DefinitionSpec {
  readonly group: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly names: {
    readonly plural: string;
    readonly kind: string;
    readonly singular?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly DefinitionVersion[];
}

interface DefinitionVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly schema?: { readonly openAPIV3Schema?: Readonly<Record<string, unknown>> };
  readonly subresources?: {
    readonly status?: object;
    readonly scale?: {
      readonly specReplicasPath: string;
      readonly statusReplicasPath: string;
      readonly labelSelectorPath?: string;
    };
  };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

const change = ['get', 'patch', 'update'];

/** One resource per served version; all versions share one collection. */
export function customResourcesOf(spec: DefinitionSpec): Resource[] {
  return spec.versions.filter((version) => version.served).map((version) => resourceOf(spec, version));
}

function resourceOf(spec: DefinitionSpec, version: DefinitionVersion): Resource {
  const { group, names } = spec;
  const { plural, kind, singular, shortNames = [], categories = [] } = names;
  const hasStatus = version.subresources?.status !== undefined;
  return {
    group,
    version: version.name,
    resource: plural,
    kind,
    namespaced: spec.scope === 'Namespaced',
    singular: singular || kind.toLowerCase(),
    shortNames,
    categories,
    verbs: allVerbs,
    subresources: subresourcesOf(version, kind),
    collection: `${plural}.${group}`,
    storageKind: kind,
    strategy: { generation: true, status: hasStatus },
    objectPrefix: objectPrefixOf({ group, version: version.name, kind }),
    typedItems: true,
    custom: {
      schema: version.schema?.openAPIV3Schema ?? {},
      hasStatus,
      scale: version.subresources?.scale,
      columns: version.additionalPrinterColumns,
      selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath),
    },
  };
}

function subresourcesOf({ subresources }: DefinitionVersion, kind: string): Subresource[] {
  const list: Subresource[] = [];
  if (subresources?.scale) {
    list.push({ name: 'scale', verbs: change, group: 'autoscaling', version: 'v1', kind: 'Scale' });
  }
  if (subresources?.status) list.push({ name: 'status', verbs: change, kind });
  return list;
}
