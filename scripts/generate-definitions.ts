// Reads the models of @kubernetes/client-node and writes every Kubernetes definition (fields, types, formats, required)
// and every resource (group, version, plural, kind) as one compact table.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly model: string;
  readonly namespaced: boolean;
}

const root = join(dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node'))), 'gen');

/** Types of apimachinery, which the models do not tell apart from those of the API groups. */
const metaTypes = new Set(
  `APIGroup APIGroupList APIResource APIResourceList APIVersions Condition DeleteOptions FieldSelectorRequirement
   GroupResource GroupVersionForDiscovery LabelSelector LabelSelectorRequirement ListMeta ManagedFieldsEntry ObjectMeta
   OwnerReference Patch Preconditions ServerAddressByClientCIDR ShardInfo Status StatusCause StatusDetails WatchEvent`.split(
    /\s+/,
  ),
);
/** Kinds whose package no collection tells: bodies of subresources, and core types that only other groups use. */
const knownHomes: Record<string, string> = {
  V1Eviction: 'policy.v1',
  V1Scale: 'autoscaling.v1',
  V1ScaleSpec: 'autoscaling.v1',
  V1ScaleStatus: 'autoscaling.v1',
  V1ComponentStatus: 'core.v1',
  V1TopologySelectorTerm: 'core.v1',
  V1TopologySelectorLabelRequirement: 'core.v1',
  VersionInfo: 'version.v1',
};

const scalarCodes: Record<string, string> = {
  'string ': 's',
  'string byte': 'y',
  'boolean ': 'b',
  'number int32': 'i',
  'number int64': 'l',
  'number double': 'd',
  'Date date-time': 't',
  'V1MicroTime date-time-micro': 'u',
  'IntOrString int-or-string': 'x',
  'any ': '*',
};

/** A model's name without version and package: `Pod` of `V1Pod`, `Event` of `EventsV1Event`. */
function kindOf(model: string): string {
  return model.replace(/^([A-Z][a-z]+)?V\d+((alpha|beta)\d+)?(?=[A-Z])/, '');
}

function versionOf(model: string): string {
  return /V\d+((alpha|beta)\d+)?(?=[A-Z])/.exec(model)?.[0].toLowerCase() ?? 'v1';
}

/** The package of Kubernetes' Go API that holds a group's types: `rbac` of `rbac.authorization.k8s.io`. */
function packageOf(group: string): string {
  if (group === '') return 'core';
  return group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : (group.split('.')[0] ?? group);
}

async function readModels(): Promise<Map<string, readonly Attribute[]>> {
  const models = new Map<string, readonly Attribute[]>();
  const folder = join(root, 'models');
  // The folder also holds files of older releases, which this list leaves out.
  for (const match of readFileSync(join(folder, 'all.js'), 'utf8').matchAll(/models\/(\w+)\.js/g)) {
    const name = match[1] ?? '';
    const module = await import(pathToFileURL(join(folder, `${name}.js`)).href);
    models.set(name, module[name].getAttributeTypeMap());
  }
  return models;
}

/** Collections as the API classes know them: the path tells group, version, plural and scope; the body tells the kind. */
function readResources(): Resource[] {
  const found = new Map<string, Resource>();
  const folder = join(root, 'apis');
  const pattern =
    /localVarPath = '\/(?:api|apis\/([^/']+))\/(v\w+)\/(namespaces\/\{namespace\}\/)?(\w+)'[\s\S]*?HttpMethod\.(\w+)[\s\S]*?(?=localVarPath = |$)/g;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('Api.js'))) {
    for (const match of readFileSync(join(folder, file), 'utf8').matchAll(pattern)) {
      const [text, group = '', version = '', namespaced, plural = '', verb] = match;
      const model = /ObjectSerializer\.serialize\(body, "(\w+)"/.exec(text)?.[1];
      if (verb !== 'POST' || model === undefined) continue;
      const resource = { group, version, plural, model, namespaced: namespaced !== undefined };
      found.set(`${group}/${version}/${plural}`, resource);
    }
  }
  return [...found.values()].sort((a, b) => (resourceKey(a) < resourceKey(b) ? -1 : 1));
}

function resourceKey(resource: Resource): string {
  return `${resource.group}/${resource.version}/${resource.plural}`;
}

function referencesOf(attributes: readonly Attribute[], models: ReadonlyMap<string, unknown>): string[] {
  return attributes.flatMap(({ type }) => (type.match(/\w+/g) ?? []).filter((word) => models.has(word)));
}

/** Gives each model the package of the first root that reaches it, core before the others. */
function assignPackages(
  models: ReadonlyMap<string, readonly Attribute[]>,
  resources: readonly Resource[],
): Map<string, string> {
  const packages = new Map<string, string>(Object.entries(knownHomes));
  for (const model of models.keys()) {
    const prefix = /^([A-Z][a-z]+)V\d/.exec(model)?.[1];
    if (prefix !== undefined) packages.set(model, `${prefix.toLowerCase()}.${versionOf(model)}`);
    else if (metaTypes.has(kindOf(model))) packages.set(model, 'meta.v1');
  }
  for (const { group, version, model } of resources) {
    if (!packages.has(model)) packages.set(model, `${packageOf(group)}.${version}`);
  }
  const visit = (model: string, home: string): void => {
    for (const reference of referencesOf(models.get(model) ?? [], models)) {
      if (packages.has(reference)) continue;
      packages.set(reference, home.replace(/\.v\w+$/, `.${versionOf(reference)}`));
      visit(reference, home);
    }
  };
  const roots = [...packages].sort(([, a], [, b]) => rootOrder(a) - rootOrder(b));
  for (const [model, home] of roots) visit(model, home);
  for (const [model, attributes] of models) {
    const item = attributes.find((attribute) => attribute.name === 'items');
    const home = packages.get(/^Array<(\w+)>$/.exec(item?.type ?? '')?.[1] ?? '');
    if (home !== undefined && model.endsWith('List') && !packages.has(model)) packages.set(model, home);
  }
  return packages;
}

function rootOrder(home: string): number {
  return home === 'core.v1' ? 0 : home.startsWith('apps.') || home.endsWith('.v1') ? 1 : 2;
}

function encodeType(attribute: Attribute, name: (model: string) => string): string {
  const { type, format } = attribute;
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return `[${encodeType({ ...attribute, type: list }, name)}]`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return `{${encodeType({ ...attribute, type: map }, name)}}`;
  return scalarCodes[`${type} ${format}`] ?? name(type);
}

function requiredFields(model: string): Set<string> {
  const text = readFileSync(join(root, 'models', `${model}.d.ts`), 'utf8');
  return new Set([...text.matchAll(/^ {4}'([^']+)': /gm)].map((match) => match[1] ?? ''));
}

export async function generateDefinitions(): Promise<string> {
  const models = await readModels();
  const resources = readResources().filter((resource) => models.has(resource.model));
  const packages = assignPackages(models, resources);
  const shortName = (model: string): string => `${packages.get(model)}.${kindOf(model)}`;
  const definitions: Record<string, string> = {};
  for (const [model, attributes] of models) {
    const required = requiredFields(model);
    const home = `${packages.get(model)}.`;
    const local = (reference: string): string => {
      const full = shortName(reference);
      return full.startsWith(home) ? full.slice(home.length) : full;
    };
    definitions[shortName(model)] = attributes
      .map((field) => `${field.baseName}${required.has(field.name) ? '!' : ''}:${encodeType(field, local)}`)
      .join(' ');
  }
  const sorted = Object.fromEntries(Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
  const rows = resources.map((resource) => [
    resource.group,
    resource.version,
    resource.plural,
    shortName(resource.model),
    resource.namespaced ? 1 : 0,
  ]);
  const lines = (entries: readonly string[]): string => entries.join(',\n');
  const definitionLines = Object.entries(sorted).map(([name, text]) => `"${name}":${JSON.stringify(text)}`);
  return `{"resources":[\n${lines(rows.map((row) => JSON.stringify(row)))}\n],"definitions":{\n${lines(definitionLines)}\n}}\n`;
}
