// The public face of edged, for whoever composes an edge node or tests one.

export type { NodeStore, StoreChange, StoredType } from '../metamanager/node-store.ts';
export { type Edged, type EdgedOptions, startEdged } from './edged.ts';
export type { KubeletEndpoint } from './kubelet-endpoint.ts';
