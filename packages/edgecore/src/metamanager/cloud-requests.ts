// Questions to the cloud and their answers: matched by message id, bounded in time, failed at once when the link goes.

import { randomUUID } from 'node:crypto';
import { type Clock, Fault, type TimerHandle } from '@selvedge/base';
import { createMessage, group, type Message, type MessageStamps, source } from '@selvedge/wire';

/** The connection to the cloud as metamanager sees it, for as long as it lasts. */
export interface CloudLink {
  /** Extensions that both ends have; empty with a cloud that is KubeEdge's. */
  readonly capabilities: ReadonlySet<string>;
  /** Queues a message; what is lost with the link is asked or told again on the next. */
  send(message: Message): void;
}

export interface CloudRequest {
  readonly operation: 'query' | 'insert' | 'update' | 'patch' | 'delete';
  readonly resource: string;
  readonly content: unknown;
  /** KubeEdge's module name; edged asks for most things. */
  readonly source?: string;
}

interface Waiting {
  readonly resolve: (answer: Message) => void;
  readonly reject: (error: Fault) => void;
  readonly timer: TimerHandle;
}

export class CloudRequests {
  readonly stamps: MessageStamps;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<string, Waiting>();
  #link: CloudLink | undefined;

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.stamps = { newId: randomUUID, nowMs: () => clock.now() };
  }

  get link(): CloudLink | undefined {
    return this.#link;
  }

  linkUp(link: CloudLink): void {
    this.linkDown();
    this.#link = link;
  }

  linkDown(): void {
    this.#link = undefined;
    for (const { reject } of [...this.#waiting.values()]) reject(offline());
  }

  /** Rejects with `metamanager/offline` without a link or when it goes, `metamanager/timeout` when nobody answers. */
  ask(request: CloudRequest): Promise<Message> {
    const link = this.#link;
    if (!link) return Promise.reject(offline());
    const message = this.#message(request);
    return new Promise((resolve, reject) => {
      const id = message.header.msg_id;
      const settle = () => {
        this.#waiting.get(id)?.timer.cancel();
        this.#waiting.delete(id);
      };
      const timer = this.#clock.after(this.#timeoutMs, () => {
        settle();
        reject(
          new Fault(
            'metamanager/timeout',
            `the cloud did not answer ${request.operation} ${request.resource}`,
            {
              retryable: true,
            },
          ),
        );
      });
      this.#waiting.set(id, {
        timer,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      link.send(message);
    });
  }

  /** Sends what needs no answer; without a link it is lost. */
  tell(request: CloudRequest): void {
    this.#link?.send(this.#message(request));
  }

  isAnswer(message: Message): boolean {
    return this.#waiting.has(message.header.parent_msg_id ?? '');
  }

  /** Hands an answer to whoever asked. */
  answer(message: Message): void {
    this.#waiting.get(message.header.parent_msg_id ?? '')?.resolve(message);
  }

  #message(request: CloudRequest): Message {
    return createMessage(this.stamps, {
      route: {
        source: request.source ?? source.edged,
        group: group.meta,
        operation: request.operation,
        resource: request.resource,
      },
      content: request.content,
    });
  }
}

function offline(): Fault {
  return new Fault('metamanager/offline', 'there is no connection to the cloud', { retryable: true });
}
