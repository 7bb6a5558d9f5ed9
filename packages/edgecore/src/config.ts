// Everything that can be set on an edge: the typed options, their defaults, and the one table behind flags, file and documentation.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';

export interface EdgeCoreConfig {
  /** The node's own directory: keys, store, configuration; private to its owner. */
  readonly directory: string;
  readonly nodeName: string;
  /** CloudHub replicas as `HOST:PORT`, tried in turn. */
  readonly hubEndpoints: readonly string[];
  /** Where certificates are issued and renewed, `HOST:PORT`. */
  readonly joinEndpoint: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly storeFile: string;
  readonly runtimeEndpoint: string;
  /** Pods' volumes and other state of edged: a kubelet's `--root-dir`. */
  readonly rootDirectory: string;
  readonly podLogDirectory: string;
  /** Address that the node reports; found from the way to the cloud when empty. */
  readonly nodeIp: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `KEY=VALUE:EFFECT`, set when the node registers. */
  readonly taints: readonly string[];
  readonly podSubnet: string;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly maxPods: number;
  readonly maxStoreBytes: number;
  readonly maxMessageBytes: number;
  readonly messagesPerSecond: number;
  readonly maxStreams: number;
  readonly maxStoredEvents: number;
}

type Key = keyof EdgeCoreConfig;
type OptionType = 'string' | 'integer' | 'list' | 'map';

export interface OptionRow {
  readonly key: Key;
  /** Without the leading dashes. */
  readonly flag: string;
  readonly type: OptionType;
  readonly min?: number;
  readonly max?: number;
  readonly doc: string;
}

export const edgeCoreOptions: readonly OptionRow[] = [
  { key: 'directory', flag: 'directory', type: 'string', doc: "the node's own directory" },
  {
    key: 'nodeName',
    flag: 'node-name',
    type: 'string',
    doc: "the node's name; the host's name if not given",
  },
  {
    key: 'hubEndpoints',
    flag: 'hub-endpoints',
    type: 'list',
    doc: 'HOST:PORT of each CloudHub, tried in turn',
  },
  {
    key: 'joinEndpoint',
    flag: 'join-endpoint',
    type: 'string',
    doc: 'HOST:PORT where certificates are issued; default: the first CloudHub, two ports up',
  },
  { key: 'caFile', flag: 'ca-file', type: 'string', doc: "CA of the hub's certificate" },
  { key: 'certificateFile', flag: 'certificate-file', type: 'string', doc: "the node's certificate" },
  { key: 'keyFile', flag: 'key-file', type: 'string', doc: "the node's private key" },
  { key: 'storeFile', flag: 'store-file', type: 'string', doc: 'what the node knows, a SQLite file' },
  { key: 'runtimeEndpoint', flag: 'runtime-endpoint', type: 'string', doc: 'socket of the CRI runtime' },
  { key: 'rootDirectory', flag: 'root-directory', type: 'string', doc: "pods' volumes and state" },
  { key: 'podLogDirectory', flag: 'pod-log-directory', type: 'string', doc: "containers' logs" },
  { key: 'nodeIp', flag: 'node-ip', type: 'string', doc: 'address that the node reports' },
  { key: 'labels', flag: 'labels', type: 'map', doc: "KEY=VALUE,… added to the node's labels" },
  { key: 'taints', flag: 'taints', type: 'list', doc: 'KEY=VALUE:EFFECT,… set when the node registers' },
  { key: 'podSubnet', flag: 'pod-subnet', type: 'string', doc: 'addresses for pods of this node, a CIDR' },
  { key: 'clusterDns', flag: 'cluster-dns', type: 'list', doc: "name servers in pods' resolv.conf" },
  { key: 'clusterDomain', flag: 'cluster-domain', type: 'string', doc: "domain in pods' resolv.conf" },
  { key: 'maxPods', flag: 'max-pods', type: 'integer', min: 1, max: 1_000, doc: 'pods that the node takes' },
  {
    key: 'maxStoreBytes',
    flag: 'max-store-bytes',
    type: 'integer',
    min: 1 << 20,
    max: 2 ** 40,
    doc: 'size at which the store takes nothing more',
  },
  {
    key: 'maxMessageBytes',
    flag: 'max-message-bytes',
    type: 'integer',
    min: 64 << 10,
    max: 64 << 20,
    doc: 'largest message taken from the cloud',
  },
  {
    key: 'messagesPerSecond',
    flag: 'messages-per-second',
    type: 'integer',
    min: 1,
    max: 100_000,
    doc: 'messages sent to the cloud per second, acknowledgements apart',
  },
  {
    key: 'maxStreams',
    flag: 'max-streams',
    type: 'integer',
    min: 1,
    max: 1_024,
    doc: 'logs, exec and port-forward streams at a time',
  },
  {
    key: 'maxStoredEvents',
    flag: 'max-stored-events',
    type: 'integer',
    min: 0,
    max: 100_000,
    doc: 'events kept while there is no link; the oldest are dropped',
  },
];

export const edgeCoreDefaults = {
  directory: '/var/lib/selvedge',
  nodeName: '',
  hubEndpoints: [],
  joinEndpoint: '',
  caFile: '',
  certificateFile: '',
  keyFile: '',
  storeFile: '',
  runtimeEndpoint: 'unix:///run/containerd/containerd.sock',
  rootDirectory: '',
  podLogDirectory: '/var/log/pods',
  nodeIp: '',
  labels: {},
  taints: [],
  podSubnet: '',
  clusterDns: [],
  clusterDomain: 'cluster.local',
  maxPods: 110,
  maxStoreBytes: 1 << 30,
  maxMessageBytes: 8 << 20,
  messagesPerSecond: 200,
  maxStreams: 64,
  maxStoredEvents: 1_000,
} as const satisfies EdgeCoreConfig;

/** Reads options by their keys, as in `edgecore.json`; what is not said takes its default. */
export function edgeCoreConfig(values: Readonly<Record<string, unknown>>): EdgeCoreConfig {
  const config: Record<string, unknown> = { ...edgeCoreDefaults };
  for (const [key, value] of Object.entries(values)) {
    const row = edgeCoreOptions.find((option) => option.key === key);
    if (!row) throw bad(`there is no option "${key}"`);
    config[key] = checkValue(row, value);
  }
  return withDerived(config as unknown as EdgeCoreConfig);
}

/** Reads one flag's text into the value that `edgeCoreConfig` takes. */
export function parseOption(row: OptionRow, text: string): unknown {
  switch (row.type) {
    case 'string':
      return text;
    case 'integer':
      return /^\d+$/.test(text) ? Number(text) : text;
    case 'list':
      return text.split(',').filter((part) => part !== '');
    case 'map':
      return Object.fromEntries(
        text
          .split(',')
          .filter((part) => part !== '')
          .map((part) => {
            const at = part.indexOf('=');
            return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
          }),
      );
  }
}

function checkValue(row: OptionRow, value: unknown): unknown {
  switch (row.type) {
    case 'string':
      if (typeof value === 'string') return value;
      throw bad(`${row.key} must be a text`);
    case 'integer':
      if (Number.isSafeInteger(value) && inRange(row, value as number)) return value;
      throw bad(`${row.key} must be a whole number from ${row.min} to ${row.max}`);
    case 'list':
      if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value;
      throw bad(`${row.key} must be a list of texts`);
    case 'map':
      if (isTextMap(value)) return value;
      throw bad(`${row.key} must map texts to texts`);
  }
}

function inRange(row: OptionRow, value: number): boolean {
  return value >= (row.min ?? 0) && value <= (row.max ?? Number.MAX_SAFE_INTEGER);
}

function isTextMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((part) => typeof part === 'string');
}

function withDerived(config: EdgeCoreConfig): EdgeCoreConfig {
  for (const endpoint of config.hubEndpoints) parseEndpoint(endpoint);
  const inDirectory = (value: string, ...path: string[]) => value || join(config.directory, ...path);
  return {
    ...config,
    nodeName: nodeNameOf(config.nodeName || hostname()),
    joinEndpoint: config.joinEndpoint || joinEndpointOf(config.hubEndpoints),
    caFile: inDirectory(config.caFile, 'pki', 'ca.crt'),
    certificateFile: inDirectory(config.certificateFile, 'pki', 'node.crt'),
    keyFile: inDirectory(config.keyFile, 'pki', 'node.key'),
    storeFile: inDirectory(config.storeFile, 'edgecore.db'),
    rootDirectory: inDirectory(config.rootDirectory, 'root'),
  };
}

function nodeNameOf(name: string): string {
  const lower = name.toLowerCase();
  if (lower.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(lower)) return lower;
  throw bad(`"${name}" is no name for a node: lower-case letters, digits, "-" and "." only`);
}

/** CloudHub takes joins two ports up, as KubeEdge's 10000 and 10002. */
function joinEndpointOf(hubEndpoints: readonly string[]): string {
  const first = hubEndpoints[0];
  if (first === undefined) return '';
  const { host, port } = parseEndpoint(first);
  return formatEndpoint({ host, port: port + 2 });
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Takes `HOST:PORT` apart; an IPv6 address is written in brackets. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (!host || !(port >= 1 && port <= 65_535)) throw bad(`"${text}" is not HOST:PORT`);
  return { host, port };
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function bad(message: string): Fault {
  return new Fault('edgecore/config', message, { hint: 'see `selvedge edgecore --help`' });
}
