// Registers the node and keeps its labels and status true in the cloud, whatever the cloud knew before.

import { Fault } from '@selvedge/base';
import type { KubeObject, Node, NodeStatus } from '@selvedge/kubernetes';
import { type CloudAnswer, readAnswer } from './cloud-answer.ts';
import type { CloudRequest } from './cloud-requests.ts';
import type { MetaContext } from './meta-context.ts';
import { nodeStatusPatch, wholeStatusPatch } from './node-status-patch.ts';
import type { Reporter } from './uplink.ts';

/** As a kubelet: an unchanged status is sent this often. */
const heartbeatMs = 5 * 60_000;
/** Clouds that push no nodes (KubeEdge up to 1.22) are asked this often. */
const lookMs = 60_000;

/** The key of the only thing this reporter has: the node. */
const only = 'node';

export class NodeReporter implements Reporter {
  readonly name = 'node';
  readonly #context: MetaContext;
  readonly #touch: () => void;
  #wanted: Node | undefined;
  #registered = false;
  /** What the cloud has confirmed on this link. */
  #known: NodeStatus | undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: MetaContext, touch: () => void) {
    this.#context = context;
    this.#touch = touch;
  }

  set(node: Node): void {
    this.#wanted = node;
    this.#touch();
  }

  pending(): Iterable<string> {
    // The cloud may have lost or changed the node while the link was away.
    this.#registered = false;
    this.#known = undefined;
    return [only];
  }

  async report(): Promise<number | undefined> {
    const wanted = this.#wanted;
    if (!wanted) return undefined;
    if (!this.#registered) await this.#register(wanted);
    await this.#sendStatus(wanted.status ?? {});
    return lookMs;
  }

  async #register(wanted: Node): Promise<void> {
    const found = await this.#ask({ operation: 'query', resource: this.#resource('node'), content: null });
    if (found.kind === 'failed' && found.status.reason === 'NotFound') {
      const made = await this.#ask({
        operation: 'insert',
        resource: this.#resource('node'),
        content: wanted,
      });
      if (made.kind === 'failed') throw refused('to register the node', made.status.message);
      this.#context.logger.info('node registered', { node: this.#context.nodeName });
    } else if (found.kind === 'object') {
      await this.#updateMetadata(found.object, wanted);
    } else {
      throw refused('the node', found.kind === 'failed' ? found.status.message : 'no object in the answer');
    }
    this.#registered = true;
  }

  /** Labels and annotations of the node's own are set; those of others stay. */
  async #updateMetadata(found: KubeObject, wanted: Node): Promise<void> {
    const labels = { ...found.metadata?.labels, ...wanted.metadata?.labels };
    const annotations = { ...found.metadata?.annotations, ...wanted.metadata?.annotations };
    const same =
      isSameMap(labels, found.metadata?.labels) && isSameMap(annotations, found.metadata?.annotations);
    if (same) return;
    const updated = await this.#ask({
      operation: 'update',
      resource: this.#resource('node'),
      content: { ...found, metadata: { ...found.metadata, labels, annotations } },
    });
    if (updated.kind === 'failed') throw refused("the node's labels", updated.status.message);
  }

  async #sendStatus(wanted: NodeStatus): Promise<void> {
    const nowMs = this.#context.clock.monotonic();
    const isDue = nowMs - this.#sentAtMs >= heartbeatMs;
    const patch = nodeStatusPatch(this.#known, wanted) ?? (isDue ? wholeStatusPatch({}, wanted) : undefined);
    if (!patch) return;
    const answer = await this.#ask({
      operation: 'patch',
      resource: this.#resource('nodepatch'),
      content: JSON.stringify({ status: patch }),
    });
    if (answer.kind === 'failed') {
      // Somebody deleted the node: the next look registers it anew.
      if (answer.status.reason === 'NotFound') this.#registered = false;
      throw refused("the node's status", answer.status.message);
    }
    this.#known = wanted;
    this.#sentAtMs = nowMs;
  }

  async #ask(request: CloudRequest): Promise<CloudAnswer> {
    return readAnswer(await this.#context.requests.ask(request));
  }

  /** The spelling of KubeEdge up to 1.22, which every cloud answers. */
  #resource(type: 'node' | 'nodepatch'): string {
    return `default/${type}/${this.#context.nodeName}`;
  }
}

function refused(what: string, message: string): Fault {
  return new Fault('metamanager/refused', `the cloud refused ${what}: ${message}`, { retryable: true });
}

function isSameMap(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>> = {},
): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}
