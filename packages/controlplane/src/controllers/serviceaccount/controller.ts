// Every namespace has a service account `default` and a ConfigMap with the cluster's CA, which pods' tokens come with.

import { isApiFault } from '@selvedge/client';
import { type KubeObject, type ResourceType, resources } from '@selvedge/kubernetes';
import { type ControllerContext, runController } from '../machinery/controller.ts';
import { rootCaConfigMapName } from '../machinery/shared-informers.ts';
import { decideNamespaceObjects } from './decide.ts';

const rootCaDescription = 'The CA of this cluster: checks the certificate of its API server.';

export async function runServiceAccountController(
  context: ControllerContext,
  rootCa: string,
  signal: AbortSignal,
): Promise<void> {
  const { informers } = context;
  await runController({
    name: 'serviceaccount',
    context,
    signal,
    concurrency: 2,
    reconcile: (namespace) => reconcile(context, rootCa, namespace),
    follow: (queue) => [
      informers.namespaces.subscribe({
        added: (_object, key) => queue.add(key),
        modified: (_object, _old, key) => queue.add(key),
      }),
      informers.serviceaccounts.subscribe({
        deleted: (object) => queue.add(object.metadata.namespace ?? ''),
      }),
      informers.rootCaConfigMaps.subscribe({
        modified: (object) => queue.add(object.metadata.namespace ?? ''),
        deleted: (object) => queue.add(object.metadata.namespace ?? ''),
      }),
    ],
  });
}

async function reconcile(context: ControllerContext, rootCa: string, name: string): Promise<undefined> {
  const { informers, client } = context;
  const { createServiceAccount, writeRootCa } = decideNamespaceObjects({
    namespace: informers.namespaces.lister.get(name),
    serviceAccount: informers.serviceaccounts.lister.get(`${name}/default`),
    rootCaConfigMap: informers.rootCaConfigMaps.lister.get(`${name}/${rootCaConfigMapName}`),
    rootCa,
  });
  if (createServiceAccount) {
    await create(context, resources.serviceaccounts, { metadata: { namespace: name, name: 'default' } });
  }
  const metadata = {
    namespace: name,
    name: rootCaConfigMapName,
    annotations: { 'kubernetes.io/description': rootCaDescription },
  };
  const configMap = { metadata, data: { 'ca.crt': rootCa } };
  if (writeRootCa === 'create') await create(context, resources.configmaps, configMap);
  if (writeRootCa === 'update') {
    const reference = { type: resources.configmaps, namespace: name, name: rootCaConfigMapName };
    await client.patch(reference, 'json', [{ op: 'add', path: '/data', value: configMap.data }]);
  }
  return undefined;
}

async function create({ client }: ControllerContext, type: ResourceType, object: KubeObject): Promise<void> {
  try {
    await client.create(type, object);
  } catch (error) {
    // It is there already, or the namespace went away meanwhile: either way nothing is left to do.
    if (!isApiFault(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error;
  }
}
