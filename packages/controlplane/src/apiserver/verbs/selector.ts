// The selectors of a list, a watch or a collection's deletion.

import { parseFieldSelector, parseLabelSelector, type Selector } from '../selectors.ts';
import { refuse } from '../status-error.ts';
import type { Target } from './target.ts';

const everywhere = ['metadata.name', 'metadata.namespace'];

export function readSelector(
  { resource }: Target,
  options: { labelSelector: string; fieldSelector: string },
): Selector {
  const fields = parseFieldSelector(options.fieldSelector);
  const known = [
    ...everywhere,
    ...(resource.strategy.fieldNames ?? []),
    ...(resource.custom?.selectableFields ?? []),
  ];
  for (const { field } of fields) {
    if (known.includes(field)) continue;
    throw refuse.badRequest(
      resource.strategy.fieldNames
        ? `field label not supported: ${field}`
        : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return { labels: parseLabelSelector(options.labelSelector), fields };
}
