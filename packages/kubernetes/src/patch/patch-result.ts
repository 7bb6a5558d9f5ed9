// What comes of a patch: the new object, or why not, with the HTTP status that Kubernetes answers with.

export type PatchResult =
  | { readonly kind: 'patched'; readonly object: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 422 | 500; readonly message: string };

type Refusal = Extract<PatchResult, { kind: 'refused' }>;

/** Thrown inside this folder only, where a patch is found wrong deep in its tree. */
export class PatchRefusal extends Error {
  readonly status: Refusal['status'];

  constructor(status: Refusal['status'], message: string) {
    super(message);
    this.status = status;
  }
}

export function toResult(apply: () => unknown): PatchResult {
  try {
    return { kind: 'patched', object: apply() };
  } catch (error) {
    if (error instanceof PatchRefusal)
      return { kind: 'refused', status: error.status, message: error.message };
    throw error;
  }
}
