// What stands for what: a genuine server's uids, versions and continue tokens, and those that ours gave in their place.

/** Fields whose values each server makes up itself; later requests may name them. */
const ownValues = new Set(['uid', 'resourceVersion', 'continue', 'token', 'clusterIP']);

export class Correspondence {
  readonly #ours = new Map<string, string>();

  /** Learns from two answers to the same request. */
  learn(genuine: unknown, ours: unknown): void {
    if (typeof genuine !== 'object' || genuine === null || typeof ours !== 'object' || ours === null) return;
    for (const [key, value] of Object.entries(genuine)) {
      const our: unknown = Reflect.get(ours, key);
      if (ownValues.has(key) && typeof value === 'string' && typeof our === 'string')
        this.#ours.set(`${key}:${value}`, our);
      else this.learn(value, our);
    }
  }

  /** A recorded path or body, as it is to be sent to our server. */
  translate(text: string): string {
    return text
      .replace(/(resourceVersion|continue)=([^&]+)/g, (whole, key: string, value: string) => {
        const our = this.#ours.get(`${key}:${value}`);
        return our === undefined ? whole : `${key}=${encodeURIComponent(our)}`;
      })
      .replace(
        /("(uid|resourceVersion|token|clusterIP)": ")([^"]+)"/g,
        (whole, start, key: string, value: string) => {
          const our = this.#ours.get(`${key}:${value}`);
          return our === undefined ? whole : `${start}${our}"`;
        },
      );
  }
}
