// A link to the cloud in memory, for tests of metamanager: records what the node sends, and answers as told.

import { createMessage, type Message, type MessageFields } from '@selvedge/wire';
import type { CloudLink } from '../metamanager/cloud-requests.ts';
import type { MetaManager } from '../metamanager/meta-manager.ts';

export type Answer = (request: Message) => unknown;

export class MemoryLink implements CloudLink {
  readonly capabilities: ReadonlySet<string>;
  readonly sent: Message[] = [];
  /** Content of the answer by `<operation> <resource>`; without one there is silence. */
  readonly answers = new Map<string, Answer>();
  readonly #manager: MetaManager;
  #nextId = 1;
  onSend: (message: Message) => void = () => undefined;

  constructor(manager: MetaManager, capabilities: readonly string[] = []) {
    this.#manager = manager;
    this.capabilities = new Set(capabilities);
  }

  send(message: Message): void {
    this.sent.push(message);
    this.onSend(message);
    const { operation, resource } = message.route;
    const answer = this.answers.get(`${operation} ${resource}`);
    if (answer) queueMicrotask(() => this.answer(message, answer(message)));
  }

  answer(request: Message, content: unknown): void {
    this.deliver('response', request.route.resource, content, { parentId: request.header.msg_id });
  }

  /** As from the cloud; returns the message's id. */
  deliver(
    operation: string,
    resource: string,
    content: unknown,
    fields: Partial<Pick<MessageFields, 'parentId' | 'resourceVersion'>> & {
      source?: string;
      group?: string;
    } = {},
  ): string {
    const id = `cloud-${this.#nextId++}`;
    const { source = 'edgecontroller', group = 'resource', ...rest } = fields;
    const message = createMessage(
      { newId: () => id, nowMs: () => 0 },
      { route: { source, group, operation, resource }, content, ...rest },
    );
    this.#manager.receive(message, this);
    return id;
  }

  acknowledged(id: string): boolean {
    return this.sent.some(
      ({ header, route, content }) =>
        header.parent_msg_id === id && route.operation === 'response' && content === 'OK',
    );
  }

  requests(operation: string, resource: string): Message[] {
    return this.sent.filter(({ route }) => route.operation === operation && route.resource === resource);
  }
}
