// The selectors of a list, a watch or a collection's deletion; a name on the path counts as one.

import {
  type FieldRequirement,
  parseFieldSelector,
  parseLabelSelector,
  type Selector,
} from '../selectors.ts';
import { refuse } from '../status-error.ts';
import type { Target } from './target.ts';

const everywhere = ['metadata.name', 'metadata.namespace'];

export function readSelector(
  { resource, name }: Target,
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
  const named: FieldRequirement[] = name === '' ? [] : [{ field: 'metadata.name', value: name, equal: true }];
  return { labels: parseLabelSelector(options.labelSelector), fields: [...fields, ...named] };
}
