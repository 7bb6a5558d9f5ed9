// ConfigMaps and Secrets for the node's modules: from the store, else fetched from the cloud, each at most once at a time.

import { Fault } from '@selvedge/base';
import type { KubeObject, Stored } from '@selvedge/kubernetes';
import { readAnswer } from './cloud-answer.ts';
import type { MetaContext } from './meta-context.ts';
import { type ObjectKey, wireResource } from './object-key.ts';

export class ObjectReader {
  readonly #context: MetaContext;
  readonly #fetches = new Map<string, Promise<KubeObject>>();

  constructor(context: MetaContext) {
    this.#context = context;
  }

  async read<T extends KubeObject>(key: ObjectKey): Promise<Stored<T>> {
    const held = this.#context.objects.read<T>(key);
    if (held) return held;
    const resource = wireResource(key);
    let fetch = this.#fetches.get(resource);
    if (!fetch) {
      fetch = this.#fetch(key).finally(() => this.#fetches.delete(resource));
      this.#fetches.set(resource, fetch);
    }
    return (await fetch) as Stored<T>;
  }

  async #fetch(key: ObjectKey): Promise<KubeObject> {
    const resource = wireResource(key);
    const answer = readAnswer(
      await this.#context.requests.ask({ operation: 'query', resource, content: null }),
    );
    if (answer.kind === 'object') return answer.object;
    const { reason, message } =
      answer.kind === 'failed' ? answer.status : { reason: '', message: 'the answer holds no object' };
    if (reason === 'NotFound')
      throw new Fault('metamanager/not-found', message || `there is no ${resource}`, { retryable: true });
    throw new Fault('metamanager/refused', `the cloud refused ${resource}: ${message}`, { retryable: true });
  }
}
