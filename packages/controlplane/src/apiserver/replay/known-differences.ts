// Where our answers differ from the recorded ones, on purpose or for now: each by request and field path, with its reason.

export interface KnownDifference {
  readonly request: RegExp;
  readonly path: RegExp;
  readonly reason: string;
}

const newer = 'Kubernetes 1.32, whose API level this is, has it so';
const recordedCluster = 'the recorded cluster had other nodes, namespaces, pods and config maps too';
const noCel = 'rules in CEL (x-kubernetes-validations) are not evaluated yet';

export const knownDifferences: readonly KnownDifference[] = [
  {
    request: /^01-discovery\/version$/,
    path: /^\/body\/(major|minor|git\w+|goVersion|compiler)$/,
    reason: 'the version is our own',
  },
  {
    request: /^01-discovery\/apis$/,
    path: /^\/body\/groups\/\d+/,
    reason:
      'groups that are not served yet: API registration, admission, flow control; KubeEdge of the recorded cluster',
  },
  {
    request: /^01-discovery\/core$/,
    path: /^\/body\/resources\/\d+/,
    reason:
      'the resources bindings, componentstatuses and the proxies of pods and services are not served yet',
  },
  {
    request: /^01-discovery\/(apps|coordination|discovery)$/,
    path: /^\/body\/resources\/\d+\/singularName$/,
    reason: `${newer}: names in the singular are told`,
  },
  {
    request: /^01-discovery\/discovery$/,
    path: /\/storageVersionHash$/,
    reason: 'the recorded server was set to store slices in an older version',
  },
  {
    request: /^01-discovery\/openapi3$/,
    path: /^\/body\/paths\//,
    reason:
      'hashes of documents are our own; documents of groups and paths without objects are not published',
  },
  {
    request: /^04-update\/podspec$/,
    path: /message$/,
    reason: `${newer}; of the difference between the pods, which Go prints, the fields are told`,
  },
  {
    request: /\/table|\/tableone$/,
    path: /\/columnDefinitions\/\d+\/description$/,
    reason: "the API's descriptions are not copied into the project",
  },
  {
    request: /^07-list\/table(pod|node|ns|dep)$|^08-watch\/old$/,
    path: /^\/body\/(rows\/\d+|\d+)(\/|$)/,
    reason: recordedCluster,
  },
  {
    request: /^10-subresources\/token$/,
    path: /^\/body\/metadata\/managedFields$/,
    reason: 'nobody keeps account of the fields of what is never stored',
  },
  {
    request: /^10-subresources\/review$/,
    path: /^\/body\/status\/user\/extra$/,
    reason: `${newer}: tokens have an id`,
  },
  {
    request: /^10-subresources\/log$/,
    path: /^\/(status|body\/(message|code|reason))$/,
    reason: 'nodes are reached through cloudcore, and none runs here: the answer says so',
  },
  { request: /^12-crd\/(required|type)$/, path: /(message|causes\/[12])$/, reason: noCel },
  {
    request: /^12-crd\/crd$/,
    path: /^\/warning$/,
    reason: 'whoever writes rules in CEL is told that they are not evaluated',
  },
  { request: /^12-crd\/cel$/, path: /./, reason: noCel },
  {
    request: /^12-crd\/table$/,
    path: /^\/body\/rows\/\d+/,
    reason: 'the object that a rule in CEL should have refused stands first',
  },
];
