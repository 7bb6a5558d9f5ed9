// Which requests of a node wait for which: those for one resource are dealt with one after the other, across the node's
// sessions, so that a newer status is not overtaken by an older one that a broken connection left under way.

export interface RequestLimits {
  /** Of one node, over all its sessions: under way and waiting. */
  readonly maxRequests: number;
  /** As they came on the wire. */
  readonly maxBytes: number;
}

interface NodeRequests {
  count: number;
  bytes: number;
  /** The last request for a resource: the next one for it waits. */
  readonly tails: Map<string, Promise<void>>;
}

export class RequestOrder {
  readonly #limits: RequestLimits;
  readonly #nodes = new Map<string, NodeRequests>();

  constructor(limits: RequestLimits) {
    this.#limits = limits;
  }

  /** Undefined when there was room, and `work`, which must not reject, runs in its turn; otherwise why there was none. */
  enqueue(
    { node, resource, bytes }: { readonly node: string; readonly resource: string; readonly bytes: number },
    work: () => Promise<void>,
  ): string | undefined {
    const requests = this.#nodes.get(node) ?? { count: 0, bytes: 0, tails: new Map() };
    const { maxRequests, maxBytes } = this.#limits;
    if (requests.count >= maxRequests) return `node "${node}" has ${maxRequests} requests under way`;
    if (requests.bytes + bytes > maxBytes)
      return `node "${node}" has ${requests.bytes} bytes of requests under way`;
    this.#nodes.set(node, requests);
    requests.count++;
    requests.bytes += bytes;
    const before = requests.tails.get(resource) ?? Promise.resolve();
    const tail = before.then(async () => {
      await work();
      requests.count--;
      requests.bytes -= bytes;
      if (requests.tails.get(resource) === tail) requests.tails.delete(resource);
      if (requests.count === 0) this.#nodes.delete(node);
    });
    requests.tails.set(resource, tail);
    return undefined;
  }
}
