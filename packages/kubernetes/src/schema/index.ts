// `@selvedge/kubernetes/schema`: what Kubernetes' kinds look like. For the API server; the edge must not load it.

export { Definitions } from './definitions.ts';
export * from './schema.ts';
export { structuralSchema } from './structural.ts';
