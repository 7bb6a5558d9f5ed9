// All resources that the API serves: the built-in ones and, as CustomResourceDefinitions come and go, the custom ones.

import { groupResource } from '@selvedge/kubernetes';
import { builtinResources } from './builtin-resources.ts';
import { conversionOf } from './conversions.ts';
import { allVerbs, objectPrefixOf, type Resource } from './resource.ts';
import { strategyOf } from './strategies.ts';

export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly Resource[];
}

export interface ServedGroup {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly ServedVersion[];
}

/** The order in which `/apis` lists Kubernetes' own groups; others follow by name. */
const groupOrder = [
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

export class Registry {
  readonly #resources = new Map<string, Resource>();
  /** By CRD name: the resources that it defines. */
  readonly #custom = new Map<string, readonly Resource[]>();
  #groups: readonly ServedGroup[] | undefined;
  /** Grows with each change of what is served: caches of discovery and OpenAPI compare it. */
  generation = 0;

  constructor() {
    for (const definition of builtinResources) this.#add(builtin(definition));
  }

  find(group: string, version: string, resource: string): Resource | undefined {
    return this.#resources.get(`${group}/${version}/${resource}`);
  }

  /** Any served version of a resource: the preferred one. */
  findPreferred(group: string, resource: string): Resource | undefined {
    for (const { name, versions } of this.groups()) {
      if (name !== group) continue;
      for (const version of versions) {
        const found = version.resources.find((one) => one.resource === resource);
        if (found) return found;
      }
    }
    return undefined;
  }

  findKind(group: string, version: string, kind: string): Resource | undefined {
    for (const resource of this.#resources.values()) {
      if (resource.group === group && resource.version === version && resource.kind === kind) return resource;
    }
    return undefined;
  }

  all(): Iterable<Resource> {
    return this.#resources.values();
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.groups().some(
      (one) => one.name === group && one.versions.some((served) => served.version === version),
    );
  }

  /** Replaces what a CustomResourceDefinition serves; nothing at all when the list is empty. */
  setCustom(definitionName: string, resources: readonly Resource[]): void {
    for (const old of this.#custom.get(definitionName) ?? []) this.#resources.delete(keyOf(old));
    if (resources.length === 0) this.#custom.delete(definitionName);
    else this.#custom.set(definitionName, resources);
    for (const resource of resources) this.#add(resource);
  }

  groups(): readonly ServedGroup[] {
    this.#groups ??= this.#makeGroups();
    return this.#groups;
  }

  #add(resource: Resource): void {
    this.#resources.set(keyOf(resource), resource);
    this.#groups = undefined;
    this.generation++;
  }

  #makeGroups(): ServedGroup[] {
    const groups = new Map<string, Map<string, Resource[]>>();
    for (const resource of this.#resources.values()) {
      const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
      groups.set(resource.group, versions);
      const list = versions.get(resource.version) ?? [];
      versions.set(resource.version, list);
      list.push(resource);
    }
    return [...groups]
      .sort(([one], [other]) => rank(one) - rank(other) || (one < other ? -1 : 1))
      .map(([name, versions]) => ({
        name,
        versions: [...versions]
          .sort(([one], [other]) => compareVersions(one, other))
          .map(([version, resources]) => ({
            version,
            resources: resources.sort((one, other) => (one.resource < other.resource ? -1 : 1)),
          })),
      }));
  }
}

function rank(group: string): number {
  if (group === '') return -1;
  const index = groupOrder.indexOf(group);
  return index === -1 ? groupOrder.length : index;
}

function keyOf({ group, version, resource }: Pick<Resource, 'group' | 'version' | 'resource'>): string {
  return `${group}/${version}/${resource}`;
}

function builtin(definition: (typeof builtinResources)[number]): Resource {
  const { group, version, resource, kind, namespaced } = definition;
  const stored = definition.storedAs ?? groupResource({ group, resource });
  const conversion = conversionOf(group, version, resource);
  return {
    group,
    version,
    resource,
    kind,
    namespaced,
    singular: kind.toLowerCase(),
    shortNames: definition.shortNames ?? [],
    categories: definition.categories ?? [],
    verbs: definition.verbs ?? allVerbs,
    subresources: definition.subresources ?? [],
    collection: stored,
    storageKind: kind,
    strategy: strategyOf(group, resource),
    objectPrefix: objectPrefixOf({ group, version, kind }),
    typedItems: false,
    ...(conversion ? { conversion } : {}),
  };
}

/** Kubernetes' order of versions: stable before beta before alpha, newer before older, others last by name. */
export function compareVersions(one: string, other: string): number {
  const first = readVersion(one);
  const second = readVersion(other);
  if (!first || !second) return first ? -1 : second ? 1 : one < other ? -1 : 1;
  return second.stage - first.stage || second.major - first.major || second.minor - first.minor;
}

function readVersion(text: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text);
  if (!match) return undefined;
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { stage, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
