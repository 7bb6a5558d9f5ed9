// Which requests of a node wait for which: those for one resource are dealt with one after the other, across the node's
// sessions, so that a newer status is not overtaken by an older one that a broken connection left under way.

interface NodeRequests {
  count: number;
  /** The last request for a resource: the next one for it waits. */
  readonly tails: Map<string, Promise<void>>;
}

export class RequestOrder {
  readonly #maxRequests: number;
  readonly #nodes = new Map<string, NodeRequests>();

  constructor(limits: { readonly maxRequests: number }) {
    this.#maxRequests = limits.maxRequests;
  }

  /** Whether there was room; `work`, which must not reject, then runs in its turn. */
  enqueue(node: string, resource: string, work: () => Promise<void>): boolean {
    const requests = this.#nodes.get(node) ?? { count: 0, tails: new Map() };
    if (requests.count >= this.#maxRequests) return false;
    this.#nodes.set(node, requests);
    requests.count++;
    const before = requests.tails.get(resource) ?? Promise.resolve();
    const tail = before.then(async () => {
      await work();
      requests.count--;
      if (requests.tails.get(resource) === tail) requests.tails.delete(resource);
      if (requests.count === 0) this.#nodes.delete(node);
    });
    requests.tails.set(resource, tail);
    return true;
  }
}
