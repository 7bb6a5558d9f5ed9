// OpenAPI v3 as an API server publishes it: an index, and one document per group and version, good enough for kubectl's
// validation, `explain` and patches.

import { isJsonObject, type JsonObject } from '../json.ts';
import { apiVersionOf, type ResourceType } from '../resource.ts';
import type { Definitions } from '../schema/definitions.ts';
import { Components, referenceTo } from './component-schemas.ts';
import type { Describe } from './descriptions.ts';

export interface OpenApiResource {
  readonly type: ResourceType;
  /** The `openAPIV3Schema` of a custom resource; undefined for Kubernetes' own kinds. */
  readonly customSchema?: unknown;
}

export interface OpenApiOptions {
  readonly definitions: Definitions;
  readonly describe: Describe;
  /** Shown in `info`: `v1.36.0`. */
  readonly serverVersion: string;
}

/** The path of a group and version: `api/v1`, `apis/apps/v1`. */
export function groupVersionPath(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
}

/** `/openapi/v3`: where each document is. The hash changes with the resources, so that clients may keep documents. */
export function openApiIndex(resources: readonly OpenApiResource[]): JsonObject {
  const byPath = new Map<string, OpenApiResource[]>();
  for (const resource of resources) {
    const path = groupVersionPath(resource.type);
    byPath.set(path, [...(byPath.get(path) ?? []), resource]);
  }
  const paths: JsonObject = {};
  for (const [path, list] of [...byPath].sort(([a], [b]) => (a < b ? -1 : 1))) {
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(JSON.stringify(list))}` };
  }
  return { paths };
}

/** FNV-1a over 64 bits: enough to tell documents of one server apart. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let at = 0; at < text.length; at++) {
    hash = ((hash ^ BigInt(text.charCodeAt(at))) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).toUpperCase().padStart(16, '0');
}

/** The document of one group and version; `resources` are those of that group and version alone. */
export function openApiDocument(resources: readonly OpenApiResource[], options: OpenApiOptions): JsonObject {
  const components = new Components(options.definitions, options.describe);
  const status = components.add('meta.v1.Status');
  components.add('meta.v1.DeleteOptions');
  const paths: JsonObject = {};
  for (const resource of resources) {
    const kind = addKind(components, resource, options.definitions);
    addPaths(paths, { resource, kind, status });
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: options.serverVersion },
    paths,
    components: { schemas: components.schemas },
  };
}

/** Adds a resource's kind and its list, and returns the names of both components. */
function addKind(
  components: Components,
  { type, customSchema }: OpenApiResource,
  definitions: Definitions,
): { item: string; list: string } {
  const { group, version, kind } = type;
  const name = definitions.schemaOf(type)?.name;
  const item = name === undefined ? `${reversed(group)}.${version}.${kind}` : components.add(name);
  if (name === undefined) components.schemas[item] = customComponent(components, customSchema);
  const listName =
    name === undefined ? undefined : definitions.schemaOf({ group, version, kind: `${kind}List` })?.name;
  const list = listName === undefined ? `${item}List` : components.add(listName);
  if (listName === undefined) components.schemas[list] = customList(components, item);
  tag(components.schemas[item], { group, kind, version });
  tag(components.schemas[list], { group, kind: `${kind}List`, version });
  return { item, list };
}

function tag(component: JsonObject | undefined, kind: JsonObject): void {
  if (component !== undefined) component['x-kubernetes-group-version-kind'] = [kind];
}

function reversed(group: string): string {
  return group.split('.').reverse().join('.');
}

function customComponent(components: Components, schema: unknown): JsonObject {
  const root = isJsonObject(schema) ? schema : {};
  const properties = isJsonObject(root.properties) ? root.properties : {};
  const metadata = { allOf: [referenceTo(components.add('meta.v1.ObjectMeta'))] };
  return {
    type: 'object',
    ...root,
    properties: { ...properties, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata },
  };
}

function customList(components: Components, item: string): JsonObject {
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: referenceTo(components.add('meta.v1.ListMeta')),
      items: { type: 'array', items: referenceTo(item) },
    },
  };
}

interface PathContext {
  readonly resource: OpenApiResource;
  readonly kind: { readonly item: string; readonly list: string };
  readonly status: string;
}

function addPaths(paths: JsonObject, context: PathContext): void {
  const { type } = context.resource;
  const root = `/${groupVersionPath(type)}`;
  const collection = type.namespaced
    ? `${root}/namespaces/{namespace}/${type.resource}`
    : `${root}/${type.resource}`;
  if (type.namespaced) paths[`${root}/${type.resource}`] = { get: operation(context, 'list') };
  paths[collection] = {
    get: operation(context, 'list'),
    post: operation(context, 'post'),
    delete: operation(context, 'deletecollection'),
    ...(type.namespaced ? { parameters: [pathParameter('namespace')] } : {}),
  };
  paths[`${collection}/{name}`] = {
    get: operation(context, 'get'),
    put: operation(context, 'put'),
    patch: operation(context, 'patch'),
    delete: operation(context, 'delete'),
    parameters: [...(type.namespaced ? [pathParameter('namespace')] : []), pathParameter('name')],
  };
}

type Action = 'list' | 'get' | 'post' | 'put' | 'patch' | 'delete' | 'deletecollection';

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const queryParameters: Readonly<Record<Action, readonly string[]>> = {
  list: [
    'continue',
    'fieldSelector',
    'labelSelector',
    'limit',
    'resourceVersion',
    'resourceVersionMatch',
    'watch',
  ],
  get: ['pretty'],
  post: writeParameters,
  put: writeParameters,
  patch: [...writeParameters, 'force'],
  delete: ['dryRun', 'gracePeriodSeconds', 'propagationPolicy'],
  deletecollection: ['dryRun', 'fieldSelector', 'gracePeriodSeconds', 'labelSelector', 'propagationPolicy'],
};

function operation({ resource, kind, status }: PathContext, action: Action): JsonObject {
  const { group, version, kind: kindName } = resource.type;
  const answer = action === 'list' ? kind.list : action.startsWith('delete') ? status : kind.item;
  return {
    tags: [apiVersionOf(resource.type).replace('/', '_')],
    parameters: queryParameters[action].map(queryParameter),
    ...requestBody(resource, kind.item, action),
    responses: { '200': { description: 'OK', content: jsonContent(answer) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind: kindName, version },
  };
}

function requestBody(resource: OpenApiResource, item: string, action: Action): JsonObject {
  if (action === 'post' || action === 'put')
    return { requestBody: { content: jsonContent(item), required: true } };
  if (action !== 'patch') return {};
  const types = [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/apply-patch+yaml',
  ];
  if (resource.customSchema === undefined) types.push('application/strategic-merge-patch+json');
  const content = Object.fromEntries(types.map((type) => [type, { schema: { type: 'object' } }]));
  return { requestBody: { content, required: true } };
}

function jsonContent(component: string): JsonObject {
  return { 'application/json': { schema: referenceTo(component) } };
}

function queryParameter(name: string): JsonObject {
  const type = name === 'limit' || name === 'gracePeriodSeconds' ? 'integer' : 'string';
  const isFlag = name === 'watch' || name === 'force';
  return { name, in: 'query', schema: { type: isFlag ? 'boolean' : type, uniqueItems: true } };
}

function pathParameter(name: string): JsonObject {
  return { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };
}
