// The public face of the wire package: what travels between an edge and CloudHub. Pure: no I/O, no clock.

export * from './acknowledgement.ts';
export * from './capability.ts';
export * from './codec.ts';
export * from './delivery-queue.ts';
export * from './digest.ts';
export * from './fingerprint.ts';
export * from './handshake.ts';
export type * from './message.ts';
export * from './reply.ts';
export * from './resource.ts';
export * from './resource-version.ts';
export * from './stream-frame.ts';
export * from './stream-multiplexer.ts';
export * from './vocabulary.ts';
