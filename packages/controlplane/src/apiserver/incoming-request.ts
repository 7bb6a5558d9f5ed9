// A request as it arrives, before anybody knows who sends it or what it is for.

import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { UpgradeConnection } from './api-request.ts';

export interface IncomingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: TLSSocket;
  readonly signal: AbortSignal;
  readBody(): Promise<Buffer>;
  readonly body: Readable;
  readonly upgrade: UpgradeConnection | undefined;
}
