// Takes what the cloud sends: committed first, acknowledged after; a burst shares one commit.

import { describeError, type Logger } from '@selvedge/base';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import {
  acknowledgementOf,
  compareResourceVersions,
  errorReplyTo,
  type Message,
  needsAcknowledgement,
} from '@selvedge/wire';
import { readAnswer } from './cloud-answer.ts';
import type { CloudLink } from './cloud-requests.ts';
import type { Write } from './commit-queue.ts';
import { readDownstream } from './downstream.ts';
import type { MetaContext } from './meta-context.ts';
import { type ObjectKey, parseObjectKey, wireResource } from './object-key.ts';

export interface InboxOptions {
  readonly context: MetaContext;
  /** The pod has ended here for good; what the cloud still says about it counts no more. */
  readonly hasEnded: (uid: string) => boolean;
  /** Runs in the transaction that writes or removes a pod, before it does; what it returns runs after the commit. */
  readonly onPodWrite: (key: ObjectKey, pod: KubeObject | undefined) => Array<() => void>;
  /** What the cloud sent of this resource is dealt with: it is on disk, or nothing that can be kept. */
  readonly onArrival: (resource: string) => void;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #context: MetaContext;
  readonly #logger: Logger;
  /** Objects written since the link came up: only among these does an older version mean "out of order". */
  readonly #writtenOnThisLink = new Set<string>();

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#logger = options.context.logger;
  }

  linkUp(): void {
    this.#writtenOnThisLink.clear();
  }

  receive(message: Message, link: CloudLink): void {
    const { requests } = this.#context;
    if (requests.isAnswer(message)) {
      this.#receiveAnswer(message, link);
      return;
    }
    const action = readDownstream(message, this.#context.nodeName);
    switch (action.kind) {
      case 'put':
        this.#commit(message, link, action.key, () => this.#put(action.key, action.object));
        break;
      case 'remove':
        this.#commit(message, link, action.key, () => this.remove(action.key, action.uid));
        break;
      case 'acknowledge':
        this.#settle(message, link);
        break;
      case 'refuse':
        this.#refuse(message, link, action.reason);
        break;
      case 'ignore':
        this.#logger.debug('message from the cloud ignored', { ...message.route });
        break;
    }
  }

  /** Removes an object that the cloud has said to be gone by other means than a delete. */
  forget(key: ObjectKey, uid: string): void {
    this.#context.commits.soon({ object: wireResource(key), apply: () => this.remove(key, uid) });
  }

  #receiveAnswer(message: Message, link: CloudLink): void {
    const answer = readAnswer(message);
    const key = answer.kind === 'object' ? storedKey(message.route.resource) : undefined;
    const settle = () => this.#context.requests.answer(message);
    if (answer.kind !== 'object' || !key || !answer.object.metadata?.uid) {
      settle();
      return;
    }
    this.#context.commits.soon({
      object: wireResource(key),
      apply: () => this.#put(key, answer.object),
      committed: () => {
        this.#acknowledge(message, link);
        settle();
      },
      // Whoever asked may use the answer also when it can not be kept.
      failed: settle,
    });
  }

  #commit(message: Message, link: CloudLink, key: ObjectKey, apply: Write['apply']): void {
    this.#context.commits.soon({
      object: wireResource(key),
      apply,
      committed: () => this.#settle(message, link),
      failed: (error) =>
        link.send(errorReplyTo(this.#context.requests.stamps, message, describeError(error))),
    });
  }

  #refuse(message: Message, link: CloudLink, reason: string): void {
    const { resource, operation } = message.route;
    this.#logger.warn('message from the cloud refused', { resource, operation, reason });
    link.send(errorReplyTo(this.#context.requests.stamps, message, reason));
    this.#options.onArrival(resource);
  }

  #settle(message: Message, link: CloudLink): void {
    this.#acknowledge(message, link);
    this.#options.onArrival(message.route.resource);
  }

  #acknowledge(message: Message, link: CloudLink): void {
    if (needsAcknowledgement(message)) link.send(acknowledgementOf(this.#context.requests.stamps, message));
  }

  #put(key: ObjectKey, object: KubeObject): (() => void) | undefined {
    const { uid = '' } = object.metadata ?? {};
    if (key.type === 'pod' && this.#options.hasEnded(uid)) return undefined;
    if (this.#isStale(key, object)) return undefined;
    const visible = key.type === 'pod' ? this.#options.onPodWrite(key, object) : [];
    visible.push(this.#context.objects.put(key, object));
    return () => {
      this.#writtenOnThisLink.add(wireResource(key));
      for (const show of visible) show();
      this.#context.changes.emit({ ...key, object: object as Stored<KubeObject> });
    };
  }

  /** Removes within the caller's transaction; what it returns makes that visible. */
  remove(key: ObjectKey, uid: string | undefined): (() => void) | undefined {
    const entry = this.#context.objects.entry(key);
    if (!entry || (uid !== undefined && entry.uid !== uid)) return undefined;
    const visible = key.type === 'pod' ? this.#options.onPodWrite(key, undefined) : [];
    visible.push(this.#context.objects.remove(key));
    return () => {
      this.#writtenOnThisLink.delete(wireResource(key));
      for (const show of visible) show();
      this.#context.changes.emit({ ...key, object: undefined });
    };
  }

  #isStale(key: ObjectKey, object: KubeObject): boolean {
    const entry = this.#context.objects.entry(key);
    if (!entry || entry.uid !== object.metadata?.uid) return false;
    const { resourceVersion = '' } = object.metadata;
    if (resourceVersion === entry.resourceVersion) return true;
    if (!this.#writtenOnThisLink.has(wireResource(key))) return false;
    return compareResourceVersions(resourceVersion, entry.resourceVersion) < 0;
  }
}

/** The key under which an answer's object is kept; the answer to a node's patch brings the node. */
function storedKey(resource: string): ObjectKey | undefined {
  return parseObjectKey(resource.replace('/nodepatch/', '/node/'));
}
