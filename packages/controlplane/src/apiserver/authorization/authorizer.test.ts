// Who may do what: users, groups, service accounts and nodes, by the roles that a cluster begins with and some of a team.

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TestServer } from '../testing/test-server.ts';

const group = 'rbac.authorization.k8s.io';
const rbac = `/apis/${group}/v1`;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
  await server.make('POST', '/api/v1/namespaces', { metadata: { name: 'team' } });
  for (const name of ['default', 'robot']) {
    await server.make('POST', '/api/v1/namespaces/team/serviceaccounts', { metadata: { name } });
  }
  const bind = (name: string, role: string, subject: object, kind = 'ClusterRole') =>
    server.make('POST', `${rbac}/namespaces/team/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: group, kind, name: role },
      subjects: [subject],
    });
  await bind('ed', 'edit', { kind: 'User', name: 'ed', apiGroup: group });
  await bind('ada', 'admin', { kind: 'User', name: 'ada', apiGroup: group });
  await server.make('POST', `${rbac}/namespaces/team/roles`, {
    metadata: { name: 'one-map' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'], verbs: ['get', 'watch'] }],
  });
  await bind('robot', 'one-map', { kind: 'ServiceAccount', name: 'robot', namespace: 'team' }, 'Role');
  await server.make('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'scaler' },
    rules: [
      { apiGroups: ['apps'], resources: ['*/scale'], verbs: ['update'] },
      { nonResourceURLs: ['/metrics', '/debug/*'], verbs: ['get'] },
    ],
  });
  for (const [name, role] of [
    ['ops', 'scaler'],
    ['lookers', 'view'],
  ] as const) {
    await server.make('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'Group', name, apiGroup: group }],
    });
  }
  await server.make('POST', '/api/v1/namespaces/team/pods', pod('mine', 'n1'));
  await server.make('POST', '/api/v1/namespaces/team/pods', pod('theirs', 'n2'));
  for (const name of ['mine', 'theirs']) {
    await server.make('POST', '/api/v1/persistentvolumes', {
      metadata: { name },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/x' },
        claimRef: { namespace: 'team', name },
      },
    });
  }
});
afterAll(() => server[Symbol.asyncDispose]());

/** A pod that refers to a secret, a config map and a claim of its own name. */
function pod(name: string, nodeName: string) {
  const volumes = [
    { name: 's', secret: { secretName: name } },
    { name: 'p', persistentVolumeClaim: { claimName: name } },
  ];
  const containers = [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name } }] }];
  const serviceAccountName = name === 'mine' ? 'robot' : 'default';
  return { metadata: { name }, spec: { nodeName, volumes, containers, serviceAccountName } };
}

const who: Readonly<Record<string, { user: string; groups: string[] }>> = {
  master: { user: 'root', groups: ['system:masters'] },
  nobody: { user: 'system:anonymous', groups: ['system:unauthenticated'] },
  dev: { user: 'dev', groups: ['system:authenticated'] },
  ed: { user: 'ed', groups: ['system:authenticated'] },
  ada: { user: 'ada', groups: ['system:authenticated'] },
  looker: { user: 'lu', groups: ['lookers', 'system:authenticated'] },
  ops: { user: 'olga', groups: ['ops', 'system:authenticated'] },
  robot: {
    user: 'system:serviceaccount:team:robot',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  },
  stranger: {
    user: 'system:serviceaccount:default:robot',
    groups: ['system:serviceaccounts', 'system:authenticated'],
  },
  n1: { user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] },
  unnamed: { user: 'n1', groups: ['system:nodes', 'system:authenticated'] },
  groupless: { user: 'system:node:n1', groups: ['system:authenticated'] },
};

/** `verb resource[.group][/subresource] [namespace/][name]`, or `verb /path`. */
function attributesOf(asked: string): object {
  const [verb = '', what = '', where = ''] = asked.split(' ');
  if (what.startsWith('/')) return { nonResourceAttributes: { verb, path: what } };
  const [plural = '', subresource = ''] = what.split('/');
  const [resource = '', ...groups] = plural.split('.');
  const [namespace = '', name = ''] = where.includes('/') ? where.split('/') : ['', where];
  return { resourceAttributes: { verb, resource, group: groups.join('.'), subresource, namespace, name } };
}

async function isAllowed(name: string, asked: string): Promise<boolean> {
  const spec = { ...who[name], ...attributesOf(asked) };
  const object = await server.make('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec });
  return object.status?.allowed === true;
}

const table: Readonly<Record<string, { may: string[]; mayNot: string[] }>> = {
  master: {
    may: ['delete nodes n1', 'escalate clusterroles.rbac.authorization.k8s.io', 'get /metrics'],
    mayNot: [],
  },
  nobody: {
    may: ['get /version', 'get /healthz', 'get /readyz'],
    mayNot: [
      'get /metrics',
      'get /api',
      'list pods team/',
      'create selfsubjectaccessreviews.authorization.k8s.io',
    ],
  },
  dev: {
    may: [
      'get /api',
      'get /apis/apps',
      'get /openapi/v3',
      'create selfsubjectaccessreviews.authorization.k8s.io',
    ],
    mayNot: [
      'list pods team/',
      'get /metrics',
      'create subjectaccessreviews.authorization.k8s.io',
      'create pods team/',
    ],
  },
  ed: {
    may: [
      'create deployments.apps team/',
      'create pods/exec team/p',
      'get secrets team/s',
      'update deployments.apps/scale team/d',
    ],
    mayNot: [
      'create deployments.apps default/',
      'list pods',
      'get namespaces other',
      'create rolebindings.rbac.authorization.k8s.io team/',
      'create resourcequotas team/',
      'get nodes n1',
    ],
  },
  ada: {
    may: ['create rolebindings.rbac.authorization.k8s.io team/', 'delete secrets team/s'],
    mayNot: [
      'create resourcequotas team/',
      'bind clusterroles.rbac.authorization.k8s.io team/admin',
      'escalate roles.rbac.authorization.k8s.io team/r',
    ],
  },
  looker: {
    may: ['list pods', 'get pods/log team/p', 'watch deployments.apps default/'],
    mayNot: [
      'get secrets team/s',
      'create pods/exec team/p',
      'delete pods team/p',
      'list roles.rbac.authorization.k8s.io team/',
    ],
  },
  ops: {
    may: [
      'update deployments.apps/scale team/d',
      'update statefulsets.apps/scale',
      'get /metrics',
      'get /debug/pprof/x',
    ],
    mayNot: [
      'update deployments.apps team/d',
      'get deployments.apps/scale team/d',
      'update replicationcontrollers/scale',
      'post /metrics',
      'get /metrics/x',
    ],
  },
  robot: {
    may: ['get configmaps team/x', 'watch configmaps team/x'],
    mayNot: [
      'get configmaps team/y',
      'list configmaps team/',
      'watch configmaps team/',
      'get configmaps default/x',
      'update configmaps team/x',
    ],
  },
  stranger: { may: [], mayNot: ['get configmaps team/x', 'get configmaps default/x'] },
  n1: {
    may: [
      'get nodes n1',
      'list nodes',
      'create nodes',
      'patch nodes/status n1',
      'list pods',
      'create pods team/',
      'delete pods team/mine',
      'patch pods/status team/mine',
      'create pods/eviction team/mine',
      'list services',
      'create events team/',
      'get secrets team/mine',
      'watch secrets team/mine',
      'get configmaps team/mine',
      'get persistentvolumeclaims team/mine',
      'get persistentvolumes mine',
      'create serviceaccounts/token team/robot',
      'update leases.coordination.k8s.io kube-node-lease/n1',
      'create leases.coordination.k8s.io kube-node-lease/',
      'get csinodes.storage.k8s.io n1',
      'create certificatesigningrequests.certificates.k8s.io',
    ],
    mayNot: [
      'delete nodes n1',
      'update pods team/mine',
      'create pods/exec team/mine',
      'create pods/ephemeralcontainers team/mine',
      'get secrets team/theirs',
      'get secrets default/mine',
      'list secrets team/',
      'list secrets',
      'update secrets team/mine',
      'get configmaps team/theirs',
      'get persistentvolumeclaims team/theirs',
      'get persistentvolumes theirs',
      'list persistentvolumes',
      'create serviceaccounts/token team/default',
      'create serviceaccounts team/',
      'get leases.coordination.k8s.io kube-node-lease/n2',
      'list leases.coordination.k8s.io kube-node-lease/',
      'get leases.coordination.k8s.io team/n1',
      'get csinodes.storage.k8s.io n2',
      'list csinodes.storage.k8s.io',
      'create roles.rbac.authorization.k8s.io team/',
      'update certificatesigningrequests.certificates.k8s.io/approval x',
      'get /metrics',
    ],
  },
  unnamed: { may: ['get /api'], mayNot: ['get nodes n1', 'get secrets team/mine', 'list pods'] },
  groupless: { may: ['get /api'], mayNot: ['get nodes n1', 'get secrets team/mine', 'list pods'] },
};

const rows = Object.entries(table).flatMap(([name, { may, mayNot }]) => [
  ...may.map((asked) => [name, asked, true] as const),
  ...mayNot.map((asked) => [name, asked, false] as const),
]);

test.each(rows)('%s: %s: %p', async (name, asked, allowed) => {
  expect(await isAllowed(name, asked)).toBe(allowed);
});
