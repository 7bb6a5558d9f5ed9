// The public face of the client package: a Kubernetes REST client, informers and kubeconfig files.

export { ApiFault, isApiFault } from './api-fault.ts';
export { IndexedStore, type Indexer, type Lister } from './indexed-store.ts';
export {
  createInformer,
  createRecordInformer,
  type Informer,
  type InformerHandler,
  type InformerOptions,
} from './informer.ts';
export type * from './kube-client.ts';
export { type Kubeconfig, type KubeconfigOptions, loadKubeconfig } from './kubeconfig.ts';
export { createKubeClient, type KubeClientOptions } from './rest-client.ts';
