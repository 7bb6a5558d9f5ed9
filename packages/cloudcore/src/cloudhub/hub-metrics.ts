// CloudHub's numbers in Prometheus' text form, and what `selvedge status` asks for.

import type { CloudHub } from './cloud-hub.ts';

interface Series {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly values: readonly (readonly [labels: string, value: number])[];
}

export function hubMetricsText(hub: CloudHub): string {
  return series(hub)
    .map(({ name, type, help, values }) => {
      const lines = values.map(
        ([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`,
      );
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
    })
    .join('');
}

function series(hub: CloudHub): Series[] {
  const { counters } = hub;
  const counter = (name: string, help: string, value: number): Series => ({
    name: `selvedge_hub_${name}_total`,
    type: 'counter',
    help,
    values: [['', value]],
  });
  const pending = [...hub.sessions()].reduce((sum, session) => sum + session.pending, 0);
  return [
    gauge('connected_nodes', 'Nodes that have a session.', [['', hub.connectedNodes]]),
    gauge('pending_deliveries', 'Deliveries that are not acknowledged yet.', [['', pending]]),
    counter('sessions', 'Sessions begun.', counters.sessions),
    counter('refused_sessions', 'Sessions refused.', counters.refusedSessions),
    counter('messages_from_nodes', 'Messages that nodes sent.', counters.messagesFromNodes),
    counter('messages_to_nodes', 'Messages sent to nodes.', counters.messagesToNodes),
    counter('deliveries', 'Objects queued for acknowledged delivery.', counters.deliveries),
    counter('delivery_sends', 'Sends of deliveries, repeated ones included.', counters.deliverySends),
    counter('acknowledgements', 'Deliveries that were acknowledged.', counters.acknowledgements),
    counter('refused_deliveries', 'Deliveries that a node could not store.', counters.refusedDeliveries),
    counter('dropped_messages', 'Messages dropped because a node did not keep up.', counters.droppedMessages),
    counter(
      'bad_messages',
      'Messages that broke the schema or spoke in the cloud’s name.',
      counters.badMessages,
    ),
    {
      name: 'selvedge_hub_message_bytes_total',
      type: 'counter',
      help: 'Bytes of messages by what they were for.',
      values: Object.entries(counters.bytes).map(
        ([purpose, value]) => [`purpose="${purpose}"`, value] as const,
      ),
    },
    ...shardSeries(hub),
  ];
}

function shardSeries(hub: CloudHub): Series[] {
  const reports = [...hub.shardReports()];
  const values = (read: (report: (typeof reports)[number][1]) => number) =>
    reports.map(([index, report]) => [`shard="${index}"`, read(report)] as const);
  const counter = (name: string, help: string, read: Parameters<typeof values>[0]): Series => ({
    name: `selvedge_hub_shard_${name}_total`,
    type: 'counter',
    help,
    values: values(read),
  });
  return [
    gauge(
      'shard_connections',
      'Connections of a shard.',
      values((report) => report.connections),
    ),
    gauge(
      'shard_resident_bytes',
      'Resident memory of a shard process.',
      values((report) => report.rssBytes),
    ),
    counter('cpu_milliseconds', 'CPU time of a shard process.', (report) => report.cpuMs),
    counter('handshakes', 'TLS handshakes done.', (report) => report.handshakes),
    counter(
      'refused',
      'Connections that ended before their client had shown a good certificate.',
      (report) => report.refused,
    ),
    counter('keepalives', 'Keepalives from nodes.', (report) => report.keepalives),
    counter('bytes_in', 'Bytes from nodes, framing included.', (report) => report.bytesIn),
    counter('bytes_out', 'Bytes of messages to nodes.', (report) => report.bytesOut),
  ];
}

function gauge(name: string, help: string, values: Series['values']): Series {
  return { name: `selvedge_hub_${name}`, type: 'gauge', help, values };
}

/** What is known of each connected node. */
export function hubStatus(hub: CloudHub): { nodes: Record<string, object> } {
  const nodes: Record<string, object> = {};
  for (const session of hub.sessions()) {
    nodes[session.node] = {
      connectedSince: new Date(session.connectedAtMs).toISOString(),
      capabilities: [...session.capabilities],
      pendingDeliveries: session.pending,
    };
  }
  return { nodes };
}
