// `@selvedge/kubernetes/protobuf`: Kubernetes' protobuf bodies as objects. For the API server.

export { ProtobufDecoder } from './decode-protobuf.ts';
