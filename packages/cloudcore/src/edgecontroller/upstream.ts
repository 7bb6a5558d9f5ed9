// From the edges to the API: answers each message of a node, in order for one object, several objects at once, and refuses what is not its own.

import type { Clock, Logger } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import {
  type DigestAnswer,
  digestType,
  type Message,
  parseDigest,
  parseResource,
  replyTo,
  source,
} from '@selvedge/wire';
import type { Hub, NodeSession } from '../cloudhub/hub.ts';
import type { CloudMetrics } from '../metrics.ts';
import type { Downstream } from './downstream.ts';
import { createHandlers, type Handler } from './upstream/handlers.ts';
import {
  badRequest,
  forbidden,
  type Refusal,
  statusOf,
  tooLarge,
  tooManyRequests,
} from './upstream/refusal.ts';
import type { Answer, EdgeRequest } from './upstream/request.ts';
import { type RequestLimits, RequestOrder } from './upstream/request-order.ts';

export interface UpstreamOptions {
  readonly client: KubeClient;
  readonly hub: Hub;
  readonly downstream: Downstream;
  readonly clusterCa: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
  /** What one node may have under way; more is refused with TooManyRequests. */
  readonly limits?: Partial<RequestLimits>;
}

/** Of what waits, several hundred statuses of large pods; a node with more is told to come again. */
const defaultLimits: RequestLimits = { maxRequests: 1_000, maxBytes: 16 * 1024 * 1024 };
/** The largest content, with room for the escapes of a patch that travels as a string. */
const maxRequestBytes = 4 * 1024 * 1024;

/** Other modules' messages: devices and MetaServer are not EdgeController's. */
const otherSources: ReadonlySet<string> = new Set([
  source.twin,
  source.metaServer,
  source.eventBus,
  source.serviceBus,
]);

export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #handlers: ReadonlyMap<string, Handler>;
  readonly #order: RequestOrder;

  constructor(options: UpstreamOptions) {
    this.#options = options;
    const { client, downstream, clusterCa } = options;
    this.#handlers = createHandlers({ client, index: downstream.index, clusterCa });
    this.#order = new RequestOrder({ ...defaultLimits, ...options.limits });
  }

  /** Listens until disposed. */
  start(): Disposable {
    return this.#options.hub.onMessage((session, message, bytes) => this.#receive(session, message, bytes));
  }

  #receive(session: NodeSession, message: Message, bytes: number): void {
    if (otherSources.has(message.route.source)) {
      this.#count(message, 'unsupported');
      return;
    }
    const refusal = this.#take(session, message, bytes);
    if (refusal) this.#refuse(session, message, this.#handler(message)?.refusal ?? 'plain', refusal);
  }

  /** Has the request answered in its turn, or says why not: what is refused here holds no memory. */
  #take(session: NodeSession, message: Message, bytes: number): Refusal | undefined {
    if (bytes > maxRequestBytes) {
      return tooLarge(`the request has ${bytes} bytes, ${maxRequestBytes} are allowed`);
    }
    const { resource } = message.route;
    const full = this.#order.enqueue({ node: session.node, resource, bytes }, () =>
      this.#answer(session, message),
    );
    return full === undefined ? undefined : tooManyRequests(full);
  }

  #handler(message: Message): Handler | undefined {
    const type = parseResource(message.route.resource)?.type ?? '';
    const name = message.route.resource === 'k8s/ca.crt' ? 'ca.crt' : type;
    return this.#handlers.get(`${name}/${message.route.operation}`);
  }

  /** Never rejects. A request that waited until its session was over is dropped: the node asks again what still matters to it. */
  async #answer(session: NodeSession, message: Message): Promise<void> {
    if (!session.open) {
      this.#count(message, 'dropped');
      return;
    }
    const handler = this.#handler(message);
    try {
      const path = parseResource(message.route.resource);
      if (!path) throw badRequest(`"${message.route.resource}" names no resource`);
      await this.#options.downstream.synced();
      if (path.type === digestType) return await this.#compare(session, message, path.name);
      if (!handler)
        throw badRequest(`${message.route.operation} of ${path.type} is nothing that an edge may do`);
      if (path.type === 'node' || path.type === 'nodepatch') this.#noteNodeForm(session, path.namespace);
      const namespace = path.namespace ?? '';
      const request = { session, message, namespace, type: path.type, name: path.name ?? '' };
      const answer = await handler.handle(request);
      if (session.open) this.#reply(request, answer);
      this.#count(message, 'answered');
    } catch (error) {
      this.#refuse(session, message, handler?.refusal ?? 'plain', error);
    }
  }

  async #compare(session: NodeSession, message: Message, name: string | undefined): Promise<void> {
    if (name !== session.node) throw forbidden({ resource: 'nodes', name: name ?? '' }, 'it is another node');
    const digest = parseDigest(message.content);
    if (!digest) throw badRequest('the digest can not be read');
    const comparison = await this.#options.downstream.compare(session, digest);
    if (!comparison || !session.open) return;
    this.#options.logger.info('edge compared', { node: session.node, ...comparison.counts });
    const { metrics } = this.#options;
    for (const [result, number] of Object.entries(comparison.counts)) {
      metrics.count('selvedge_compared_objects_total', { result }, number);
    }
    const { differences } = comparison;
    this.#send(session, message, digest.listDifferences ? ({ differences } satisfies DigestAnswer) : 'OK');
    this.#count(message, 'answered');
  }

  /** Edges since v1.23 name their node without a namespace, and want it pushed. */
  #noteNodeForm(session: NodeSession, namespace: string | undefined): void {
    if (namespace === undefined) this.#options.downstream.syncDelivery(session)?.wantNode();
  }

  #reply(request: EdgeRequest, answer: Answer): void {
    const { session, message } = request;
    switch (answer.kind) {
      case 'none':
        break;
      case 'text':
        this.#send(session, message, answer.text, answer.resourceVersion);
        break;
      case 'object':
        if (answer.acknowledged) this.#deliverAnswer(request, answer.object);
        else this.#send(session, message, answer.object, answer.object.metadata?.resourceVersion);
        break;
      case 'result': {
        const version = answer.versioned ? answer.object.metadata?.resourceVersion : undefined;
        this.#send(session, message, { Object: answer.object, Err: null }, version);
      }
    }
  }

  /**
   * Go edges acknowledge what they asked for, and what they acknowledge is recorded. The reply is queued under an id of its
   * own: under the object's, a change of the object would take its place and leave the asker without an answer.
   */
  #deliverAnswer({ session, message }: EdgeRequest, object: KubeObject): void {
    const resourceVersion = object.metadata?.resourceVersion;
    const sync = this.#options.downstream.syncDelivery(session);
    if (!sync) {
      this.#send(session, message, object, resourceVersion);
      return;
    }
    const reply = this.#replyTo(message, object, resourceVersion);
    session.deliver(reply, {
      uid: reply.header.msg_id,
      onAcknowledged: () => sync.acknowledged(message.route.resource, object as Stored<KubeObject>),
    });
  }

  #refuse(session: NodeSession, message: Message, form: Handler['refusal'], error: unknown): void {
    const status = statusOf(error);
    const { resource, operation } = message.route;
    const level = status.reason === 'NotFound' || status.reason === 'AlreadyExists' ? 'debug' : 'warn';
    this.#options.logger[level]('request of an edge not fulfilled', {
      node: session.node,
      operation,
      resource,
      reason: status.reason,
      message: status.message,
    });
    this.#count(message, status.reason === 'Forbidden' ? 'forbidden' : 'failed');
    if (!session.open) return;
    const refusal = { ErrStatus: status };
    this.#send(session, message, form === 'result' ? { Object: null, Err: refusal } : refusal);
  }

  #send(session: NodeSession, message: Message, content: unknown, resourceVersion?: string): void {
    session.send(this.#replyTo(message, content, resourceVersion));
  }

  #replyTo(message: Message, content: unknown, resourceVersion: string | undefined): Message {
    const stamps = { newId: () => crypto.randomUUID(), nowMs: () => this.#options.clock.now() };
    return replyTo(stamps, message, content, {
      source: source.edgeController,
      group: 'resource',
      ...(resourceVersion ? { resourceVersion } : {}),
    });
  }

  #count(message: Message, result: string): void {
    const type = parseResource(message.route.resource)?.type ?? '';
    const known = this.#handlers.has(`${type}/${message.route.operation}`) || type === digestType;
    this.#options.metrics.count('selvedge_upstream_requests_total', { type: known ? type : 'other', result });
  }
}
