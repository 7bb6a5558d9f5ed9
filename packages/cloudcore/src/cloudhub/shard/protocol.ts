// The JSON payloads between the core and its shards.

export interface ShardLimits {
  readonly maxConnections: number;
  readonly maxMessageBytes: number;
  /** TLS handshake, and separately the time from there to the session. */
  readonly handshakeTimeoutMs: number;
  /** Silence after which a connection is closed. */
  readonly keepaliveTimeoutMs: number;
  /** Bytes that a client has not read yet: above the first it counts as congested, above the second it is closed. */
  readonly congestedBytes: number;
  readonly maxKeptBytes: number;
  /** Of unfinished messages, over all connections of the shard. */
  readonly maxUnfinishedBytes: number;
}

export const defaultShardLimits: ShardLimits = {
  maxConnections: 16_000,
  maxMessageBytes: 32 * 1024 * 1024,
  handshakeTimeoutMs: 10_000,
  keepaliveTimeoutMs: 30_000,
  congestedBytes: 1024 * 1024,
  maxKeptBytes: 64 * 1024 * 1024,
  maxUnfinishedBytes: 256 * 1024 * 1024,
};

/** From the core: where to listen and by which certificate. Sent again when the certificate changes. */
export interface ShardConfig {
  readonly hostname: string;
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string;
  readonly transport: 'bun' | 'node';
  readonly limits: ShardLimits;
}

/** From a shard: a client with a good certificate asks for a session. */
export interface ConnectRequest {
  /** The node that the certificate's subject names; absent when it names none. */
  readonly certificateNode?: string;
  /** The node that the request's headers name. */
  readonly claimedNode: string;
  readonly connectionUse: string;
  /** The header's value as it came. */
  readonly capabilities: string;
  readonly remoteAddress: string;
  /** When the client's certificate ends, and the session with it. */
  readonly certificateExpiresAtMs: number;
}

/** From a shard, every few seconds. */
export interface ShardReport {
  readonly connections: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly keepalives: number;
  readonly handshakes: number;
  readonly refused: number;
}
