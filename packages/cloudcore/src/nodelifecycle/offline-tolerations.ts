// KubeEdge's rule that an offline edge keeps its pods, on any cluster: pods on edge nodes tolerate an unreachable node without end.
// Why this and not the taint: docs/adr/0005-offline-edges-keep-their-pods.md.

import { type Clock, describeError, type Logger, runWorkers, WorkQueue } from '@selvedge/base';
import { isApiFault, type KubeClient } from '@selvedge/client';
import { type KubeObject, type Pod, resources, type Stored, type Toleration } from '@selvedge/kubernetes';
import type { CloudMetrics } from '../metrics.ts';

export interface OfflineTolerationsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: CloudMetrics;
}

type PodObject = Pod & KubeObject;

const nodeTaints: ReadonlySet<string> = new Set([
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/not-ready',
]);
/** What Kubernetes' admission adds to every pod; whoever wants another time has written another. */
const defaultSeconds = 300;
const concurrency = 8;

/** The positions of the tolerations that would end by default. */
export function defaultTolerations(pod: Pod): number[] {
  if (pod.metadata?.deletionTimestamp || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
    return [];
  return (pod.spec?.tolerations ?? []).flatMap((toleration, position) =>
    isDefault(toleration) ? [position] : [],
  );
}

function isDefault({ key, effect, operator, tolerationSeconds }: Toleration): boolean {
  const isNodeTaint =
    key !== undefined && nodeTaints.has(key) && effect === 'NoExecute' && operator === 'Exists';
  return isNodeTaint && tolerationSeconds === defaultSeconds;
}

/** A JSON patch that changes nothing when the pod or its tolerations are not what they were. */
export function endlessTolerationsPatch(pod: Stored<PodObject>): unknown[] {
  const patch: unknown[] = [{ op: 'test', path: '/metadata/uid', value: pod.metadata.uid }];
  for (const position of defaultTolerations(pod)) {
    const path = `/spec/tolerations/${position}`;
    patch.push({ op: 'test', path: `${path}/key`, value: pod.spec?.tolerations?.[position]?.key });
    patch.push({ op: 'remove', path: `${path}/tolerationSeconds` });
  }
  return patch;
}

export class OfflineTolerations {
  readonly #options: OfflineTolerationsOptions;
  readonly #queue: WorkQueue<string>;

  constructor(options: OfflineTolerationsOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ clock: options.clock, retryInitialMs: 500, retryMaxMs: 60_000 });
  }

  /** A pod, by `namespace/name`, that is on an edge and would leave it by default. */
  add(key: string): void {
    this.#queue.add(key);
  }

  async run(signal: AbortSignal): Promise<void> {
    await runWorkers({
      queue: this.#queue,
      concurrency,
      signal,
      reconcile: async (key) => {
        await this.#reconcile(key);
        return undefined;
      },
      onError: (pod, error) =>
        this.#options.logger.warn('tolerations not written', { pod, error: describeError(error) }),
    });
  }

  async #reconcile(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const reference = { type: resources.pods, namespace, name };
    try {
      const pod = await this.#options.client.get<PodObject>(reference);
      if (!pod.spec?.nodeName || defaultTolerations(pod).length === 0) return;
      await this.#options.client.patch<PodObject>(reference, 'json', endlessTolerationsPatch(pod));
      this.#options.metrics.count('selvedge_pods_kept_on_edges_total');
    } catch (error) {
      if (!isApiFault(error, 'NotFound')) throw error;
    }
  }
}
