// What a resource request is about, once the registry has been asked.

import type { ApiRequest } from '../api-request.ts';
import type { ApiContext } from '../context.ts';
import type { Resource, Subresource } from '../registry/resource.ts';
import type { ResourceRequest } from '../request-info.ts';

export interface Target {
  readonly resource: Resource;
  readonly subresource: Subresource | undefined;
  readonly namespace: string;
  readonly name: string;
  readonly info: ResourceRequest;
}

export interface VerbCall {
  readonly context: ApiContext;
  readonly request: ApiRequest;
  readonly target: Target;
}
