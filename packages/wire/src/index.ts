// The public face of the wire package: KubeEdge's messages and our extensions of them, pure of I/O and clocks.

export type { Message, MessageHeader, MessageRoute } from './message.ts';
