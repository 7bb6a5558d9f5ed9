// Extensions beyond KubeEdge's protocol: offered by the edge in a header, used only when the hub names them in its answer.

export const capability = {
  /** Many deliveries in flight, each acknowledged alone. */
  pipeline: 'pipeline',
  /** Binary frames carry byte streams to the node's kubelet endpoint. */
  streams: 'streams',
  /** The edge tells on connect what it has; only differences travel. */
  digest: 'digest',
  /** The hub renews the node's lease while it is connected; the edge sends none. */
  lease: 'lease',
} as const;

export type Capability = (typeof capability)[keyof typeof capability];

const known: ReadonlySet<string> = new Set(Object.values(capability));
const maxNames = 32;

/** Reads the header's list; names that we do not know are passed over. */
export function parseCapabilities(value: string | undefined): ReadonlySet<Capability> {
  const names = (value ?? '').split(',', maxNames).map((name) => name.trim());
  return new Set(names.filter((name): name is Capability => known.has(name)));
}

export function formatCapabilities(capabilities: Iterable<Capability>): string {
  return [...capabilities].join(', ');
}

/** What both sides offer. */
export function commonCapabilities(
  offered: ReadonlySet<Capability>,
  supported: ReadonlySet<Capability>,
): ReadonlySet<Capability> {
  return new Set([...offered].filter((name) => supported.has(name)));
}
