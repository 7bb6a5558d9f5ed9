// On a new link with capability `digest`: says what this node holds, so that the cloud sends only what differs.

import { Fault } from '@selvedge/base';
import {
  capability,
  type Digest,
  digestResource,
  maxDigestEntries,
  parseDigestAnswer,
  source,
} from '@selvedge/wire';
import { readAnswer } from './cloud-answer.ts';
import type { MetaContext } from './meta-context.ts';
import { wireResource } from './object-key.ts';
import type { Reporter } from './uplink.ts';

export class DigestReporter implements Reporter {
  readonly name = 'digest';
  readonly #context: MetaContext;
  readonly #onAnswer: (differences: readonly string[] | undefined) => void;

  /** `onAnswer` runs when the cloud has seen what this node holds; what differs is on its way. */
  constructor(context: MetaContext, onAnswer: (differences: readonly string[] | undefined) => void) {
    this.#context = context;
    this.#onAnswer = onAnswer;
  }

  pending(): Iterable<string> {
    return this.#context.requests.link?.capabilities.has(capability.digest) ? ['all'] : [];
  }

  async report(): Promise<undefined> {
    const answer = await this.#context.requests.ask({
      operation: 'query',
      resource: digestResource(this.#context.nodeName),
      content: this.#digest(),
      source: source.metaManager,
    });
    const listed = parseDigestAnswer(answer.content);
    const result = readAnswer(answer);
    if (!listed && result.kind === 'failed')
      throw new Fault('metamanager/refused', `the cloud refused the digest: ${result.status.message}`, {
        retryable: true,
      });
    this.#onAnswer(listed?.differences);
  }

  #digest(): Digest {
    const entries = this.#context.objects.entries();
    if (entries.length > maxDigestEntries) return { objects: {}, listDifferences: true };
    return {
      listDifferences: true,
      objects: Object.fromEntries(entries.map(({ key, fingerprint }) => [wireResource(key), fingerprint])),
    };
  }
}
