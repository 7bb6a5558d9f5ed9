// A pod's quality-of-service class, from the requests and limits of its containers.

import type { Pod } from '@selvedge/kubernetes';

const counted = ['cpu', 'memory'] as const;

export function qosClassOf(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let any = false;
  let guaranteed = containers.length > 0;
  for (const { resources } of containers) {
    for (const name of counted) {
      const limit = positive(resources?.limits?.[name]);
      const request = positive(resources?.requests?.[name]) ?? limit;
      if (limit !== undefined || request !== undefined) any = true;
      if (limit === undefined || request !== limit) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** The quantity as written; undefined when absent or zero, which Kubernetes counts as absent. */
function positive(quantity: unknown): string | undefined {
  if (quantity === undefined || quantity === null) return undefined;
  const text = String(quantity);
  return /^0+(\.0*)?[a-zA-Z]*$/.test(text) ? undefined : text;
}
