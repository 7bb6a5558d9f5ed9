// The namespace controller: empties a namespace that is being deleted, then lets it go.

import { describeError } from '@selvedge/base';
import { isApiFault } from '@selvedge/client';
import { type Namespace, resources, type Stored } from '@selvedge/kubernetes';
import { type ControllerContext, runController, unlessGone } from '../machinery/controller.ts';
import { type DiscoveredType, discoverTypes } from '../machinery/discovery.ts';
import { timestamp } from '../machinery/event-recorder.ts';
import { decideConditions, decideNext, type Remaining } from './decide.ts';

export async function runNamespaceController(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { namespaces } = context.informers;
  await runController({
    name: 'namespace',
    context,
    signal,
    concurrency: 4,
    reconcile: (key) => reconcile(context, key),
    follow: (queue) => [
      namespaces.subscribe({
        added: (object, key) => object.metadata.deletionTimestamp !== undefined && queue.add(key),
        modified: (object, _old, key) => object.metadata.deletionTimestamp !== undefined && queue.add(key),
      }),
    ],
  });
}

async function reconcile(context: ControllerContext, name: string): Promise<number | undefined> {
  const namespace = context.informers.namespaces.lister.get(name);
  if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
  if (!namespace.spec?.finalizers?.includes('kubernetes')) return undefined;
  const { types, failures } = await discoverTypes(context.client);
  const remaining = await emptyNamespace(context, name, types.filter(isDeletable));
  const next = decideNext(remaining, failures);
  if (next.kind === 'finalize') {
    await finalize(context, namespace);
    return undefined;
  }
  await writeConditions(context, namespace, remaining, failures);
  return next.againMs;
}

function isDeletable(type: DiscoveredType): boolean {
  return (
    type.namespaced &&
    type.verbs.has('list') &&
    (type.verbs.has('deletecollection') || type.verbs.has('delete'))
  );
}

/** Deletes everything of every type; returns what is left and why. */
async function emptyNamespace(
  context: ControllerContext,
  namespace: string,
  types: readonly DiscoveredType[],
): Promise<Remaining[]> {
  const results = await Promise.all(
    types.map(async (type): Promise<Remaining> => {
      try {
        return await emptyType(context, namespace, type);
      } catch (error) {
        if (isApiFault(error, 'NotFound', 'MethodNotAllowed')) return { type, objects: [] };
        return { type, objects: [], error: describeError(error) };
      }
    }),
  );
  return results.filter((one) => one.objects.length > 0 || one.error !== undefined);
}

async function emptyType(
  { client }: ControllerContext,
  namespace: string,
  type: DiscoveredType,
): Promise<Remaining> {
  const present = await client.list(type, { namespace, metadataOnly: true, limit: 500 });
  if (present.items.length === 0) return { type, objects: [] };
  if (type.verbs.has('deletecollection')) {
    const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
    await client.raw('DELETE', `${root}/namespaces/${namespace}/${type.resource}`, options);
  } else {
    for (const { metadata } of present.items)
      await unlessGone(client.delete({ type, namespace, name: metadata.name }));
  }
  const left = await client.list(type, { namespace, metadataOnly: true, limit: 500 });
  return { type, objects: left.items.map((one) => one.metadata) };
}

async function finalize({ client }: ControllerContext, namespace: Stored<Namespace>): Promise<void> {
  const { name } = namespace.metadata;
  const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== 'kubernetes');
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: namespace.metadata, spec: { finalizers } };
  await unlessGone(client.raw('PUT', `/api/v1/namespaces/${name}/finalize`, body));
}

async function writeConditions(
  { client, clock }: ControllerContext,
  namespace: Stored<Namespace>,
  remaining: readonly Remaining[],
  failures: readonly string[],
): Promise<void> {
  const conditions = decideConditions(namespace, remaining, failures, timestamp(clock.now()));
  if (!conditions) return;
  const reference = { type: resources.namespaces, name: namespace.metadata.name };
  await unlessGone(client.patch(reference, 'merge', { status: { conditions } }, { subresource: 'status' }));
}
