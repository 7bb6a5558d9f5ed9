// What a request asks for, read from its method and path alone: verb, resource, name; as authorization sees it.
// Source of the rules: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.

export interface ResourceRequest {
  readonly kind: 'resource';
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
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
  return {
    kind: 'resource',
    verb: verbOf(method, name, query),
    group,
    version,
    namespace,
    resource,
    subresource,
    name,
    rest: more.join('/'),
    path,
  };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  const verb = verbOfMethod[method] ?? method.toLowerCase();
  if (
    verb === 'get' &&
    isTrue(query.get('watch')) &&
    (name === '' || fieldSelectorNames(query) !== undefined)
  ) {
    return 'watch';
  }
  if (name !== '') return verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** The name that a `metadata.name=X` field selector asks for: RBAC's resourceNames look at it for lists and watches. */
export function fieldSelectorNames(query: URLSearchParams): string | undefined {
  const match = /(?:^|,)metadata\.name={1,2}([^,=!]+)(?:,|$)/.exec(query.get('fieldSelector') ?? '');
  return match?.[1];
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
