// What a request asks for, read from its method and path alone: verb, resource, name; as authorization sees it.
// Source of the rules: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.

import { isPathSegmentName } from '@selvedge/kubernetes';
import { parseFieldSelector } from './selectors.ts';

export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Of a list or watch of one object, chosen by `metadata.name=X`: for authorization as good as a name on the path. */
  readonly selectedName: string;
  /** What follows the subresource, for proxies: `a/b`. */
  readonly rest: string;
  readonly path: string;
}

export interface PathRequest {
  readonly kind: 'path';
  readonly verb: string;
  readonly path: string;
}

export type RequestInfo = ResourceRequest | PathRequest;

const verbOfMethod: Record<string, string> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** `/namespaces/NAME/status` and `/finalize` are of the namespace itself, not of a resource in it. */
const namespaceSubresources = new Set(['status', 'finalize']);

export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = decodeParts(path);
  const nothing: PathRequest = { kind: 'path', verb: method.toLowerCase(), path };
  let group = '';
  let at = 2;
  if (parts === undefined) return nothing;
  if (parts[0] === 'apis') {
    group = parts[1] ?? '';
    at = 3;
  } else if (parts[0] !== 'api') return nothing;
  const version = parts[at - 1] ?? '';
  const rest = parts.slice(at);
  if (rest.length === 0 || version === '' || (parts[0] === 'apis' && group === '')) return nothing;
  return readResource({ method, path, query, group, version, rest });
}

function readResource(request: {
  method: string;
  path: string;
  query: URLSearchParams;
  group: string;
  version: string;
  rest: string[];
}): ResourceRequest {
  const { method, path, query, group, version } = request;
  let rest = request.rest;
  let namespace = '';
  if (rest[0] === 'namespaces') {
    if (rest.length > 2 && !namespaceSubresources.has(rest[2] ?? '')) {
      namespace = rest[1] ?? '';
      rest = rest.slice(2);
    } else if (rest.length > 1) namespace = rest[1] ?? '';
  }
  const [resource = '', name = '', subresource = '', ...more] = rest;
  const verb = verbOf(method, name, query);
  return {
    kind: 'resource',
    verb,
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    selectedName: verb === 'list' || verb === 'watch' ? selectedName(query) : '',
    rest: more.join('/'),
    path,
  };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const verb = verbOfMethod[method] ?? method.toLowerCase();
  if (name !== '') return verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** Read by the same parser as the selector that chooses: what it can not read, the verb refuses. */
function selectedName(query: URLSearchParams): string {
  const text = query.get('fieldSelector') ?? '';
  try {
    const exact = parseFieldSelector(text).find(({ field, equal }) => field === 'metadata.name' && equal);
    return exact && isPathSegmentName(exact.value).length === 0 ? exact.value : '';
  } catch {
    return '';
  }
}

export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** The path's parts, percent-decoded; undefined when they can not be. */
function decodeParts(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .filter((part) => part !== '')
      .map((part) => decodeURIComponent(part));
  } catch {
    return undefined;
  }
}
