// The public face of the client package: a Kubernetes REST client, informers and kubeconfig files.

export type * from './kube-client.ts';
