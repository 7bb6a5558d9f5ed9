// The public face of edgecore: run a node, and its options. What a running node has no use for has its own ways in: `/join`, `/runtime-setup`.

export {
  type EdgeCoreConfig,
  edgeCoreConfig,
  edgeCoreDefaults,
  edgeCoreOptions,
  type OptionRow,
  parseOption,
} from './config.ts';
export { readConfig } from './config-file.ts';
export { type EdgeCore, type EdgeCoreOptions, startEdgeCore } from './edgecore.ts';
export { type NodeLocalStatus, statusPath } from './status-file.ts';
