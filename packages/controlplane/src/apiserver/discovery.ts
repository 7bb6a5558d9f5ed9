// Discovery: which groups, versions and resources there are, one document each or all in one (aggregated).

import { createHash } from 'node:crypto';
import { type Answer, type ApiRequest, jsonAnswer } from './api-request.ts';
import type { ApiContext } from './context.ts';
import { answerOpenApi } from './openapi/openapi.ts';
import type { Registry, ServedGroup, ServedVersion } from './registry/registry.ts';
import type { Resource, Subresource } from './registry/resource.ts';

export function discover(
  context: ApiContext,
  request: ApiRequest,
  path: string,
): (() => Answer | Promise<Answer>) | undefined {
  const { registry } = context;
  const accept = request.headers.accept ?? '';
  if (path === '/api')
    return () => aggregated(registry, accept, 'core') ?? jsonAnswer(200, coreVersions(request));
  if (path === '/apis')
    return () => aggregated(registry, accept, 'named') ?? jsonAnswer(200, groupList(registry));
  if (path.startsWith('/openapi/')) return answerOpenApi(context, path, accept);
  const [, root = '', one = '', two = '', ...more] = path.split('/');
  if (more.length > 0) return undefined;
  if (root === 'api' && two === '') return versionAnswer(registry, '', one);
  if (root !== 'apis') return undefined;
  if (two !== '') return versionAnswer(registry, one, two);
  const group = registry.groups().find((served) => served.name === one);
  return group && (() => jsonAnswer(200, { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) }));
}

function versionAnswer(registry: Registry, group: string, version: string): (() => Answer) | undefined {
  const served = registry
    .groups()
    .find((one) => one.name === group)
    ?.versions.find((one) => one.version === version);
  if (!served) return undefined;
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const typed = group === '' ? {} : { apiVersion: 'v1' };
  return () =>
    jsonAnswer(200, { kind: 'APIResourceList', ...typed, groupVersion, resources: resourceList(served) });
}

function coreVersions(request: ApiRequest): object {
  const serverAddress = request.headers.host ?? request.headers[':authority'] ?? '';
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function groupList(registry: Registry): object {
  const groups = registry.groups().filter((group) => group.name !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
}

function groupOf({ name, versions }: ServedGroup): object {
  const list = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** The order in which Kubernetes lists the verbs of custom resources; other resources' stand by name. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

function resourceList({ resources }: ServedVersion): object[] {
  return resources.flatMap((resource) => [
    resourceEntry(resource),
    ...[...resource.subresources]
      .sort((one, other) => (one.name < other.name === (resource.custom === undefined) ? -1 : 1))
      .map((subresource) => subresourceEntry(resource, subresource)),
  ]);
}

function resourceEntry(resource: Resource): object {
  const { shortNames, categories, verbs } = resource;
  return {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: resource.custom ? customVerbs : [...verbs].sort(),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(verbs.includes('get') ? { storageVersionHash: storageVersionHash(resource) } : {}),
  };
}

function subresourceEntry(resource: Resource, subresource: Subresource): object {
  const { group, version, kind, verbs } = subresource;
  return {
    name: `${resource.resource}/${subresource.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(group === undefined ? {} : { group, version }),
    kind,
    verbs: [...verbs].sort(),
  };
}

/** What tells clients that the stored form changed: a hash of the type's names, as Kubernetes computes it. */
function storageVersionHash({ group, version, kind }: Resource): string {
  return createHash('sha256')
    .update(`${group}/${version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');
}

const aggregatedType =
  /application\/json;(?=[^,]*as=APIGroupDiscoveryList)(?=[^,]*g=apidiscovery\.k8s\.io)[^,]*v=(v2beta1|v2)\b/;

/** All groups in one document, when the client asks for that form first. */
function aggregated(registry: Registry, accept: string, which: 'core' | 'named'): Answer | undefined {
  const version = aggregatedType.exec(accept.replaceAll(' ', ''))?.[1];
  if (!version) return undefined;
  const groups = registry.groups().filter((group) => (group.name === '') === (which === 'core'));
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(groupDiscovery),
  };
  const text = `${JSON.stringify(document)}\n`;
  const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const etag = `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"`;
  return {
    kind: 'bytes',
    status: 200,
    contentType,
    chunks: [Buffer.from(text)],
    headers: { etag, vary: 'Accept', 'cache-control': 'public' },
  };
}

function groupDiscovery({ name, versions }: ServedGroup): object {
  return {
    metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map((resource) => resourceDiscovery(resource)),
      freshness: 'Current',
    })),
  };
}

function resourceDiscovery(resource: Resource): object {
  const { group, version, kind, shortNames, categories } = resource;
  const scope = resource.namespaced ? 'Namespaced' : 'Cluster';
  return {
    resource: resource.resource,
    responseKind: { group, version, kind },
    scope,
    singularResource: resource.singular,
    verbs: [...resource.verbs].sort(),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(resource.subresources.length > 0
      ? {
          subresources: resource.subresources.map((subresource) => ({
            subresource: subresource.name,
            responseKind: {
              group: subresource.group ?? group,
              version: subresource.version ?? version,
              kind: subresource.kind,
            },
            verbs: [...subresource.verbs].sort(),
          })),
        }
      : {}),
  };
}
