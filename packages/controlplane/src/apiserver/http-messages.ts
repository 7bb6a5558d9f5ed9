// Requests and responses of both HTTP versions that the API server's port speaks.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

export type AnyRequest = Http2ServerRequest | IncomingMessage;
export type AnyResponse = Http2ServerResponse | ServerResponse;
