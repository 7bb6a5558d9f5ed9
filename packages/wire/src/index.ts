// The public face of the wire package: KubeEdge's messages and our extensions of them, pure of I/O and clocks.

export { type Digest, digestResource, digestType, maxDigestEntries, parseDigest } from './digest.ts';
export { fingerprint, fingerprintLength } from './fingerprint.ts';
export type { Message, MessageHeader, MessageRoute } from './message.ts';
