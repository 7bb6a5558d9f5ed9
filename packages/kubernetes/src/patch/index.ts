// `@selvedge/kubernetes/patch`: the patches of the Kubernetes API. Strategic merge needs a schema, the others do not.

export { applyJsonPatch, maxJsonPatchOperations } from './json-patch.ts';
export { applyMergePatch, createMergePatch } from './merge-patch.ts';
export type { PatchResult } from './patch-result.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';
