// What the parts of the API server share: made once by its root, handed down, never a global.

import type { Clock, Logger } from '@selvedge/base';
import type { Store } from '../store/store-contract.ts';
import type { Admission } from './admission/admission.ts';
import type { ServiceAccountTokens } from './authentication/service-account-tokens.ts';
import type { Authorizer } from './authorization/authorizer.ts';
import type { Metrics } from './metrics.ts';
import type { OpenApiDocuments } from './openapi/openapi-documents.ts';
import type { EncodedEvents } from './output/encoded-events.ts';
import type { Registry } from './registry/registry.ts';
import type { ResourceSchemas } from './registry/resource-schemas.ts';
import type { NodeStreams } from './streams/node-streams.ts';

export interface ApiContext {
  readonly store: Store;
  readonly registry: Registry;
  readonly schemas: ResourceSchemas;
  readonly openApi: OpenApiDocuments;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly admission: Admission;
  readonly authorizer: Authorizer;
  readonly tokens: ServiceAccountTokens;
  readonly nodeStreams: NodeStreams;
  readonly metrics: Metrics;
  readonly encodedEvents: EncodedEvents;
  readonly randomUuid: () => string;
  readonly limits: ApiLimits;
}

export interface ApiLimits {
  readonly maxBodyBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxWatches: number;
  /** What may wait for a slow watcher before it is cut off. */
  readonly maxWatchBufferBytes: number;
  readonly bookmarkIntervalMs: number;
  /** Of watch events kept encoded for further watchers. */
  readonly maxEncodedEventBytes: number;
}

export const defaultLimits: ApiLimits = {
  maxBodyBytes: 3 * 1024 * 1024,
  maxHeaderBytes: 64 * 1024,
  maxWatches: 100_000,
  maxWatchBufferBytes: 16 * 1024 * 1024,
  bookmarkIntervalMs: 60_000,
  maxEncodedEventBytes: 16 * 1024 * 1024,
};
