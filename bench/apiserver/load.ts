// The load of the bench, in a process of its own: `connections` connections with one request in flight each.
// Reads `{"phase": …}` lines, answers each with `{seconds, latenciesMs, bytes}`.

import { createInterface } from 'node:readline';
import { createSecureContext } from 'node:tls';
import { loadKubeconfig } from '@selvedge/client';
import { Connection, type Target } from './connection.ts';
import { benchNamespace, leaseObject, leasePatch, podName, podObject, statusPatch } from './objects.ts';

interface Phase {
  readonly phase: string;
  readonly count: number;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
}

const [kubeconfig = '', connectionCount = '32', podCount = '0', leaseCount = '0'] = process.argv.slice(2);
const target = await readTarget(kubeconfig);
const connections: Connection[] = [];
for (let opened = 0; opened < Number(connectionCount); opened++)
  connections.push(await Connection.open(target));

const pods = `/api/v1/namespaces/${benchNamespace}/pods`;
const leases = `/apis/coordination.k8s.io/v1/namespaces/${benchNamespace}/leases`;
const json = 'application/json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const [podTotal, leaseTotal] = [Number(podCount), Number(leaseCount)];

const requests: Readonly<Record<string, (index: number) => Request>> = {
  namespace: () => ({
    method: 'POST',
    path: '/api/v1/namespaces',
    contentType: json,
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: benchNamespace } },
  }),
  account: () => ({
    method: 'POST',
    path: `/api/v1/namespaces/${benchNamespace}/serviceaccounts`,
    contentType: json,
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
  }),
  podCreates: (index) => ({ method: 'POST', path: pods, contentType: json, body: podObject(index) }),
  statusPatches: (index) => ({
    method: 'PATCH',
    path: `${pods}/${podName(index % podTotal)}/status`,
    contentType: strategic,
    body: statusPatch(index % podTotal, 1 + Math.floor(index / podTotal)),
  }),
  leaseCreates: (index) => ({ method: 'POST', path: leases, contentType: json, body: leaseObject(index) }),
  leasePatches: (index) => ({
    method: 'PATCH',
    path: `${leases}/node-${index % leaseTotal}`,
    contentType: merge,
    body: leasePatch(index),
  }),
  gets: (index) => ({ method: 'GET', path: `${pods}/${podName((index * 7919) % podTotal)}` }),
  lists: () => ({ method: 'GET', path: `${pods}?resourceVersion=0` }),
};

async function readTarget(path: string): Promise<Target> {
  const { server, ca = '', cert = '', key = '' } = await loadKubeconfig(path);
  const { hostname, port } = new URL(server);
  return { hostname, port: Number(port), context: createSecureContext({ ca, cert, key }) };
}

function encode({ method, path, contentType, body }: Request): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const type = contentType === undefined ? '' : `content-type: ${contentType}\r\n`;
  const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(text)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${target.hostname}\r\naccept: ${json}\r\nuser-agent: bench\r\n`;
  return `${head}${type}${length}\r\n${text}`;
}

async function run({ phase, count }: Phase) {
  const request = requests[phase];
  if (!request) throw new Error(`no phase ${phase}`);
  // Made beforehand: the load should cost the machine as little as can be while it is measured.
  const encoded = Array.from({ length: count }, (_, index) => encode(request(index)));
  const latenciesMs: number[] = [];
  let next = 0;
  let bytes = 0;
  const sinceMs = performance.now();
  const work = async (connection: Connection) => {
    while (next < count) {
      const text = encoded[next++] ?? '';
      const sentMs = performance.now();
      const response = await connection.exchange(text);
      latenciesMs.push(performance.now() - sentMs);
      bytes += response.bytes;
      if (response.status >= 300) throw new Error(`${text.slice(0, 120)}: ${response.start}`);
    }
  };
  const used = phase === 'lists' ? connections.slice(0, 1) : connections;
  await Promise.all(used.map(work));
  return { seconds: (performance.now() - sinceMs) / 1000, latenciesMs, bytes };
}

console.log('{}');
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line) as Phase)));
}
for (const connection of connections) connection[Symbol.dispose]();
