// What an applier is told when it wants fields that others own.

import { type FieldSet, pathsOf } from './field-set.ts';
import type { ManagerId } from './managed-fields.ts';
import { showPath } from './path-element.ts';

export interface ConflictCause {
  readonly reason: 'FieldManagerConflict';
  readonly message: string;
  readonly field: string;
}

export interface Conflict {
  readonly owner: ManagerId;
  readonly set: FieldSet;
}

export function describeConflicts(conflicts: readonly Conflict[]): {
  message: string;
  causes: ConflictCause[];
} {
  const causes: ConflictCause[] = [];
  const lines: string[] = [];
  for (const { owner, set } of [...conflicts].sort(byOwner)) {
    const name = showOwner(owner);
    lines.push(`conflicts with ${name}:`);
    for (const path of pathsOf(set)) {
      const field = showPath(path);
      lines.push(`- ${field}`);
      causes.push({ reason: 'FieldManagerConflict', message: `conflict with ${name}`, field });
    }
  }
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return { message, causes };
}

/** By the identifier's JSON text, which is how Kubernetes sorts them. */
function byOwner(left: Conflict, right: Conflict): number {
  const key = ({ owner }: Conflict): string =>
    JSON.stringify([owner.manager, owner.operation, owner.apiVersion]);
  return key(left) < key(right) ? -1 : 1;
}

function showOwner({ manager, operation, apiVersion, subresource }: ManagerId): string {
  const name = JSON.stringify(manager);
  const place = subresource === '' ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${place} using ${apiVersion}` : place;
}
