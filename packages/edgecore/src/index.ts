// The public face of edgecore: join a cloud, run a node, and the options of both.

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
export { type JoinOptions, joinCloud, planJoin } from './join/join-cloud.ts';
export { type NodeLocalStatus, statusPath } from './status-file.ts';
