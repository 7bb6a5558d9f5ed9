// Renews the node's lease for clouds that do not renew it themselves: what tells Kubernetes that the node is alive.

import { Fault } from '@selvedge/base';
import { type Lease, nodeLeaseNamespace, type OwnerReference } from '@selvedge/kubernetes';
import { capability } from '@selvedge/wire';
import { type CloudAnswer, readAnswer } from './cloud-answer.ts';
import type { MetaContext } from './meta-context.ts';
import type { Reporter } from './uplink.ts';

const renewIntervalMs = 10_000;
const leaseDurationSeconds = 40;
const only = 'lease';

export class LeaseReporter implements Reporter {
  readonly name = 'lease';
  readonly #context: MetaContext;
  /** As the cloud last returned it; its resourceVersion is what the next update must name. */
  #lease: Lease | undefined;

  constructor(context: MetaContext) {
    this.#context = context;
  }

  pending(): Iterable<string> {
    this.#lease = undefined;
    return this.#context.requests.link?.capabilities.has(capability.lease) ? [] : [only];
  }

  async report(): Promise<number> {
    this.#lease ??= await this.#find();
    const answer = await this.#ask(this.#lease ? 'update' : 'insert', this.#renewed(this.#lease));
    if (answer.kind === 'object') {
      this.#lease = answer.object as Lease;
    } else {
      // Changed or deleted by others: look again.
      this.#lease = undefined;
      throw new Fault(
        'metamanager/refused',
        `the cloud refused the node's lease: ${answer.kind === 'failed' ? answer.status.message : 'no object'}`,
        { retryable: true },
      );
    }
    return renewIntervalMs;
  }

  async #find(): Promise<Lease | undefined> {
    const answer = await this.#ask('query', null);
    if (answer.kind === 'object') return answer.object as Lease;
    if (answer.kind === 'failed' && answer.status.reason === 'NotFound') return undefined;
    throw new Fault('metamanager/refused', "the cloud did not show the node's lease", { retryable: true });
  }

  async #ask(operation: 'query' | 'insert' | 'update', content: unknown): Promise<CloudAnswer> {
    const resource = `${nodeLeaseNamespace}/lease/${this.#context.nodeName}`;
    return readAnswer(await this.#context.requests.ask({ operation, resource, content }));
  }

  #renewed(lease: Lease | undefined): Lease {
    const { nodeName, clock } = this.#context;
    return {
      ...lease,
      metadata: {
        ...lease?.metadata,
        name: nodeName,
        namespace: nodeLeaseNamespace,
        ownerReferences: this.#owners(),
      },
      spec: {
        ...lease?.spec,
        holderIdentity: nodeName,
        leaseDurationSeconds,
        // Kubernetes' MicroTime has six digits.
        renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
      },
    };
  }

  #owners(): OwnerReference[] | undefined {
    const node = this.#context.objects.entry({ type: 'node', namespace: '', name: this.#context.nodeName });
    if (!node) return undefined;
    return [{ apiVersion: 'v1', kind: 'Node', name: this.#context.nodeName, uid: node.uid }];
  }
}
