// What of a node's status must be sent, as a strategic-merge patch against what the cloud has. Pure.

import type { NodeStatus } from '@selvedge/kubernetes';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The fields that differ; `undefined` when none does. Heartbeat times alone are no difference, but every patch carries all
 * conditions, for the cloud's node controller looks at their heartbeats.
 */
export function nodeStatusPatch(known: NodeStatus | undefined, wanted: NodeStatus): Fields | undefined {
  const before = (known ?? {}) as Fields;
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted)) {
    if (text(field, value) !== text(field, before[field])) patch[field] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : wholeStatusPatch({ ...patch }, wanted);
}

/** A patch that also brings new heartbeats, of all of the status or of the given part. */
export function wholeStatusPatch(part: Fields | undefined, wanted: NodeStatus): Fields {
  const status: Record<string, unknown> = { ...(part ?? wanted), conditions: wanted.conditions };
  // Addresses would merge by type, and a node can have two of one type.
  if (Array.isArray(status.addresses)) status.addresses = [...status.addresses, { $patch: 'replace' }];
  return status;
}

function text(field: string, value: unknown): string {
  if (field !== 'conditions' || !Array.isArray(value)) return JSON.stringify(value) ?? '';
  return JSON.stringify(value.map((condition) => ({ ...condition, lastHeartbeatTime: undefined })));
}
