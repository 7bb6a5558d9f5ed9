// For tests: a hub whose sessions keep what is sent to them, and take what their edge would say.

import { encodeMessage, type Message } from '@selvedge/wire';
import type { Delivery, Hub, NodeSession, NodeStream } from '../../cloudhub/hub.ts';

export interface Delivered {
  readonly message: Message;
  readonly delivery: Delivery;
}

export class FakeSession implements NodeSession {
  readonly connectedAtMs = 0;
  open = true;
  closedFor: string | undefined;
  readonly sent: Message[] = [];
  readonly delivered: Delivered[] = [];
  readonly node: string;
  readonly id: number;
  readonly capabilities: ReadonlySet<string>;
  #changed: () => void = () => undefined;

  constructor(node: string, id: number, capabilities: readonly string[]) {
    this.node = node;
    this.id = id;
    this.capabilities = new Set(capabilities);
  }

  get pending(): number {
    return this.delivered.length;
  }

  send(message: Message): void {
    this.sent.push(message);
    this.#changed();
  }

  deliver(message: Message, delivery: Delivery): void {
    this.delivered.push({ message, delivery });
    this.#changed();
  }

  openStream(): NodeStream {
    throw new Error('no streams here');
  }

  close(reason: string): void {
    this.closedFor = reason;
  }

  /** Resolves with the first message, sent or delivered, that answers the request. */
  async answerTo(request: Message): Promise<Message> {
    return this.#wait(() => this.#all().find((one) => one.header.parent_msg_id === request.header.msg_id));
  }

  /** Resolves with what has been delivered once there is this much. */
  async deliveries(count: number): Promise<string[]> {
    await this.#wait(() => (this.delivered.length >= count ? true : undefined));
    return this.delivered.map(({ message }) => `${message.route.operation} ${message.route.resource}`);
  }

  #all(): Message[] {
    return [...this.sent, ...this.delivered.map(({ message }) => message)];
  }

  async #wait<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

export class FakeHub implements Hub {
  readonly #connected = new Set<(session: NodeSession) => void>();
  readonly #disconnected = new Set<(session: NodeSession, reason: string) => void>();
  readonly #messages = new Set<(session: NodeSession, message: Message, bytes: number) => void>();
  readonly #sessions = new Map<string, FakeSession>();
  #nextId = 1;

  onConnected(listener: (session: NodeSession) => void): Disposable {
    return add(this.#connected, listener);
  }

  onDisconnected(listener: (session: NodeSession, reason: string) => void): Disposable {
    return add(this.#disconnected, listener);
  }

  onMessage(listener: (session: NodeSession, message: Message, bytes: number) => void): Disposable {
    return add(this.#messages, listener);
  }

  session(node: string): FakeSession | undefined {
    return this.#sessions.get(node);
  }

  sessions(): Iterable<FakeSession> {
    return this.#sessions.values();
  }

  connect(node: string, capabilities: readonly string[] = []): FakeSession {
    const session = new FakeSession(node, this.#nextId++, capabilities);
    this.#sessions.set(node, session);
    for (const listener of this.#connected) listener(session);
    return session;
  }

  disconnect(session: FakeSession): void {
    session.open = false;
    this.#sessions.delete(session.node);
    for (const listener of this.#disconnected) listener(session, 'test');
  }

  receive(session: FakeSession, message: Message): void {
    const bytes = Buffer.byteLength(encodeMessage(message));
    for (const listener of this.#messages) listener(session, message, bytes);
  }

  /** Hands over a request as its edge would write it. */
  ask(session: FakeSession, operation: string, resource: string, content: unknown = null): Message {
    const message: Message = {
      header: { msg_id: crypto.randomUUID(), timestamp: 1 },
      route: { source: 'edged', group: 'meta', operation, resource },
      content,
    };
    this.receive(session, message);
    return message;
  }
}

function add<T>(set: Set<T>, listener: T): Disposable {
  set.add(listener);
  return { [Symbol.dispose]: () => void set.delete(listener) };
}
