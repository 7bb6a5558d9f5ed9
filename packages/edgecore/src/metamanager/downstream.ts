// Decides what a message from the cloud means for the store. Pure: the rules of KubeEdge's MetaManager, without its I/O.

import type { KubeObject } from '@selvedge/kubernetes';
import type { Message } from '@selvedge/wire';
import { type ObjectKey, parseObjectKey } from './object-key.ts';

export type DownstreamAction =
  /** Keep the object, then acknowledge. */
  | { readonly kind: 'put'; readonly key: ObjectKey; readonly object: KubeObject }
  /** Forget the object if it is the one meant (any, where the cloud names no uid), then acknowledge. */
  | { readonly kind: 'remove'; readonly key: ObjectKey; readonly uid: string | undefined }
  /** Nothing to do here, but the cloud waits for an acknowledgement. */
  | { readonly kind: 'acknowledge' }
  /** Can not be used: the cloud gets an error, which is no acknowledgement. */
  | { readonly kind: 'refuse'; readonly reason: string }
  /** Not for the store. */
  | { readonly kind: 'ignore' };

/** Groups that carry objects; `twin`, `user` and `taskmanager` belong to modules that this edge does not run. */
const objectGroups: ReadonlySet<string> = new Set(['resource', 'func']);

export function readDownstream(message: Message, nodeName: string): DownstreamAction {
  const { group, operation, resource } = message.route;
  if (!objectGroups.has(group)) return { kind: 'ignore' };
  const key = parseObjectKey(resource);
  switch (operation) {
    // An answer that nobody waits for any more may still bring an object; anything else in it is of no use.
    case 'response':
      return key && metadataOf(message.content).uid ? put(key, message.content) : { kind: 'ignore' };
    case 'insert':
    case 'update':
    case 'patch':
      return key && isOurs(key, nodeName) ? put(key, message.content) : { kind: 'acknowledge' };
    case 'delete':
      if (!key || !isOurs(key, nodeName)) return { kind: 'acknowledge' };
      return { kind: 'remove', key, uid: metadataOf(message.content).uid || undefined };
    default:
      return { kind: 'ignore' };
  }
}

function put(key: ObjectKey, content: unknown): DownstreamAction {
  const { name, namespace = '', uid } = metadataOf(content);
  if (!uid) return { kind: 'refuse', reason: 'the object has no uid' };
  if (name !== key.name || namespace !== key.namespace)
    return { kind: 'refuse', reason: `the object is ${namespace}/${name}, the resource names another` };
  return { kind: 'put', key, object: content as KubeObject };
}

/** A node holds itself, no other. */
function isOurs(key: ObjectKey, nodeName: string): boolean {
  return key.type !== 'node' || key.name === nodeName;
}

interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
}

function metadataOf(content: unknown): Metadata {
  const metadata = (content as { metadata?: unknown } | null | undefined)?.metadata;
  if (typeof metadata !== 'object' || metadata === null) return {};
  const { name, namespace, uid } = metadata as Record<string, unknown>;
  return { name: text(name), namespace: text(namespace), uid: text(uid) };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
