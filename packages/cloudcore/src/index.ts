// The public face of cloudcore: starting it, its options, and the join tokens that the command line makes and revokes.

export type { Hub, NodeSession, NodeStream } from './cloudhub/hub.ts';
export {
  type CreatedToken,
  type CreateTokenOptions,
  createToken,
  deleteToken,
  type ListedToken,
  listTokens,
} from './cloudhub/join/tokens.ts';
export {
  type CloudCoreConfig,
  type CloudCoreOptionRow,
  cloudCoreDefaults,
  cloudCoreOptions,
  parseCloudCoreOption,
  portOffset,
} from './config.ts';
export * from './manifests.ts';
export { type CloudCore, type CloudCoreOptions, startCloudCore } from './start-cloud-core.ts';
