// `@selvedge/kubernetes/apply`: ownership of fields and server-side apply.

export type { ConflictCause } from './conflicts.ts';
export {
  type Application,
  type ApplyResult,
  applyConfiguration,
  type FieldManagerContext,
  trackUpdate,
} from './field-manager.ts';
