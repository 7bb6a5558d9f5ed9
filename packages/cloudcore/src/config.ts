// Everything that can be set on cloudcore: the typed options, their defaults, and the one table behind flags and documentation.

import { Fault } from '@selvedge/base';

export interface CloudCoreConfig {
  /** Whose API server: the embedded control plane's or any other's. */
  readonly kubeconfig: string;
  /** The context of the kubeconfig; its current one when empty. */
  readonly context: string;
  /** Addresses and names under which edges and the API server reach this machine; loopback alone when there are none. */
  readonly advertise: readonly string[];
  /** P: the hub. P+2: join endpoints. P+3: stream server. P+5 on loopback: metrics. */
  readonly hubPort: number;
  readonly nodeLimit: number;
  /** Hub shard processes; 0 takes as many as the node limit needs. */
  readonly shards: number;
  readonly keepaliveTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly edgeCertificateDays: number;
  /** How long after its end a node's certificate still renews itself. */
  readonly renewalGraceDays: number;
  /** Half the life of the token in Secret kubeedge/tokensecret. */
  readonly tokenRefreshMs: number;
  /** Whether cloudcore itself keeps the pods of offline edges; `auto`: on any cluster but the embedded control plane. */
  readonly keepOfflinePods: 'auto' | 'yes' | 'no';
}

export const cloudCoreDefaults: Omit<CloudCoreConfig, 'kubeconfig'> = {
  context: '',
  advertise: [],
  hubPort: 10_000,
  nodeLimit: 16_000,
  shards: 0,
  keepaliveTimeoutMs: 30_000,
  maxMessageBytes: 32 * 1024 * 1024,
  edgeCertificateDays: 365,
  renewalGraceDays: 90,
  tokenRefreshMs: 12 * 60 * 60 * 1000,
  keepOfflinePods: 'auto',
};

/** From the hub's port on. KubeEdge's tunnel will have 4. */
export const portOffset = { hub: 0, join: 2, stream: 3, tunnel: 4, metrics: 5 } as const;

/** A process may have 20,000 files open on the machines this is made for. */
export const maxConnectionsPerShard = 16_000;

export interface CloudCoreOptionRow {
  readonly key: keyof CloudCoreConfig;
  /** Without the leading dashes. */
  readonly flag: string;
  readonly type: 'string' | 'integer' | 'list';
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  readonly doc: string;
}

export const cloudCoreOptions: readonly CloudCoreOptionRow[] = [
  {
    key: 'kubeconfig',
    flag: 'kubeconfig',
    type: 'string',
    doc: "kubeconfig file of the cluster's API server",
  },
  { key: 'context', flag: 'context', type: 'string', doc: 'context of the kubeconfig' },
  {
    key: 'advertise',
    flag: 'advertise',
    type: 'list',
    doc: 'addresses and names under which edges reach this machine, comma-separated; loopback alone without',
  },
  {
    key: 'hubPort',
    flag: 'hub-port',
    type: 'integer',
    min: 0,
    max: 65_530,
    doc: 'port P of the hub; joins use P+2, streams P+3, metrics P+5 on loopback',
  },
  {
    key: 'nodeLimit',
    flag: 'node-limit',
    type: 'integer',
    min: 1,
    max: 1_000_000,
    doc: 'how many nodes may be connected',
  },
  {
    key: 'shards',
    flag: 'shards',
    type: 'integer',
    min: 0,
    max: 256,
    doc: 'hub shard processes; 0: as many as the node limit needs, 16,000 connections each',
  },
  {
    key: 'keepaliveTimeoutMs',
    flag: 'keepalive-timeout-ms',
    type: 'integer',
    min: 5_000,
    max: 3_600_000,
    doc: 'silence after which a node counts as disconnected, in milliseconds',
  },
  {
    key: 'maxMessageBytes',
    flag: 'max-message-bytes',
    type: 'integer',
    min: 65_536,
    max: 33_554_432,
    doc: 'largest message from a node, in bytes',
  },
  {
    key: 'edgeCertificateDays',
    flag: 'edge-certificate-days',
    type: 'integer',
    min: 1,
    max: 3_650,
    doc: "how long nodes' certificates are good, in days",
  },
  {
    key: 'renewalGraceDays',
    flag: 'renewal-grace-days',
    type: 'integer',
    min: 0,
    max: 3_650,
    doc: "how long after its end a node's certificate still renews itself, in days",
  },
  {
    key: 'tokenRefreshMs',
    flag: 'token-refresh-ms',
    type: 'integer',
    min: 60_000,
    max: 31_536_000_000,
    doc: 'how often the token in Secret kubeedge/tokensecret is renewed, in milliseconds; it lives twice as long',
  },
  {
    key: 'keepOfflinePods',
    flag: 'keep-offline-pods',
    type: 'string',
    choices: ['auto', 'yes', 'no'],
    doc: 'whether cloudcore keeps the pods of offline edges from eviction; auto: where the cluster does not',
  },
];

/** Reads an option's value from its text; what does not fit is a fault that names the flag. */
export function parseCloudCoreOption(row: CloudCoreOptionRow, text: string): string | number | string[] {
  if (row.type === 'list') return text.split(',').filter((part) => part !== '');
  if (row.type === 'string') {
    if (row.choices && !row.choices.includes(text))
      throw wrong(row, `must be one of ${row.choices.join(', ')}`);
    return text;
  }
  const value = Number(text);
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = row;
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw wrong(row, `must be a whole number from ${min} to ${max}`);
  return value;
}

function wrong(row: CloudCoreOptionRow, rule: string): Fault {
  return new Fault('cloudcore/bad-option', `--${row.flag} ${rule}`);
}
