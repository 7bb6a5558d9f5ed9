// WebSocket frames (RFC 6455), read and written without I/O: for the hub and the edge, and for kubectl's streams at the API server.

export * from './accept-key.ts';
export * from './close-code.ts';
export * from './frame.ts';
export * from './frame-parser.ts';
