import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type RequestInfo, readRequestInfo } from './request-info.ts';

function read(method: string, url: string): RequestInfo {
  const [path = '', query = ''] = url.split('?');
  return readRequestInfo(method, path, new URLSearchParams(query));
}

/** `verb group/resource/subresource namespace/name selectedName`, with `-` for what is empty. */
function shown(method: string, url: string): string {
  const info = read(method, url);
  if (info.kind === 'path') return `${info.verb} path`;
  const { verb, group, resource, subresource, namespace, name, selectedName } = info;
  const or = (text: string) => text || '-';
  return `${verb} ${or(group)}/${or(resource)}/${or(subresource)} ${or(namespace)}/${or(name)} ${or(selectedName)}`;
}

const secrets = '/api/v1/namespaces/d/secrets';

test.each([
  ['GET', '/api/v1/namespaces/d/pods', 'list -/pods/- d/- -'],
  ['GET', '/api/v1/pods?watch=1', 'watch -/pods/- -/- -'],
  ['GET', '/api/v1/pods?watch=false', 'list -/pods/- -/- -'],
  ['GET', '/api/v1/namespaces/d/pods/p', 'get -/pods/- d/p -'],
  ['GET', '/api/v1/namespaces/d/pods/p?watch=1', 'get -/pods/- d/p -'],
  ['GET', `/api/v1/namespaces/d/pods/p?watch=1&fieldSelector=metadata.name%3Dp`, 'get -/pods/- d/p -'],
  ['HEAD', '/apis/apps/v1/namespaces/d/deployments/x/scale', 'get apps/deployments/scale d/x -'],
  ['PUT', '/api/v1/namespaces/d/status', 'update -/namespaces/status d/d -'],
  ['GET', '/api/v1/namespaces/d', 'get -/namespaces/- d/d -'],
  ['DELETE', '/api/v1/namespaces/d/pods', 'deletecollection -/pods/- d/- -'],
  ['POST', '/api/v1/nodes', 'create -/nodes/- -/- -'],
  ['GET', '/apis/apps', 'get path'],
  ['GET', '/healthz', 'get path'],
  ['GET', '/api/v1/namespaces/%E0%A4%A/pods', 'get path'],
  ['GET', `${secrets}?fieldSelector=metadata.name%3Da`, 'list -/secrets/- d/- a'],
  ['GET', `${secrets}?watch=1&fieldSelector=metadata.name%3D%3Da,type%3Dx`, 'watch -/secrets/- d/- a'],
  ['GET', `${secrets}?fieldSelector=metadata.name!%3Da`, 'list -/secrets/- d/- -'],
  [
    'GET',
    `${secrets}?fieldSelector=metadata.namespace!%3Dx%5C%2Cmetadata.name%3Da`,
    'list -/secrets/- d/- -',
  ],
  ['GET', `${secrets}?fieldSelector=metadata.name%3Da%2Fb`, 'list -/secrets/- d/- -'],
  ['GET', `${secrets}?fieldSelector=metadata.name%3Da%5Cb`, 'list -/secrets/- d/- -'],
  // Kubernetes does not look at the selector here, and neither does what it allows.
  ['DELETE', `${secrets}?fieldSelector=metadata.name%3Da`, 'deletecollection -/secrets/- d/- -'],
])('%s %s is %s', (method, url, words) => {
  expect(shown(method, url)).toBe(words);
});

test('any path and query is read as something', () => {
  const part = fc.oneof(
    fc.constantFrom('/', 'api', 'apis', 'v1', 'namespaces', '%', '%2f', 'pods'),
    fc.string(),
  );
  const path = fc.array(part).map((parts) => parts.join(''));
  const query = fc.dictionary(fc.constantFrom('watch', 'fieldSelector'), fc.string());
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST', 'DELETE', 'X'), path, query, (method, text, options) => {
      const { kind } = readRequestInfo(method, text, new URLSearchParams(options));
      expect(['path', 'resource']).toContain(kind);
    }),
    { numRuns: 2_000 },
  );
});
