// pods/eviction: a deletion that respects disruption budgets.

import { type KubeObject, type Pod, selectorMatches } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { readDeleteOptions } from '../delete-options.ts';
import { decodeObject } from '../object-decoder.ts';
import { metaOf } from '../object-meta.ts';
import { removeObject } from '../object-remover.ts';
import { updateObject } from '../object-writer.ts';
import { readWriteOptions } from '../query-options.ts';
import { storageKey } from '../registry/resource.ts';
import { refuse, StatusError } from '../status-error.ts';
import { decodeStored } from '../stored-object.ts';
import type { VerbCall } from '../verbs/target.ts';

const evictionType = { group: 'policy', version: 'v1', kind: 'Eviction' };

export async function createEviction(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name } = target;
  const options = readWriteOptions(request.query, 'CreateOptions', request.headers['user-agent'] ?? '');
  const eviction = decodeObject({
    schemas: context.schemas,
    type: evictionType,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn: (text) => void request.warnings.push(text),
  });
  const given = metaOf(eviction).name;
  if (given && given !== name) throw refuse.badRequest('name in URL does not match name in Eviction object');
  const entry = context.store.latest(resource.collection, storageKey(namespace, name));
  if (!entry) throw refuse.notFound(resource, name);
  const pod = decodeStored(resource, entry);
  const deletion = readDeleteOptions({
    schemas: context.schemas,
    query: request.query,
    body: Buffer.from(JSON.stringify(eviction.deleteOptions ?? {})),
    contentType: 'application/json',
  });
  const dryRun = deletion.dryRun || options.dryRun;
  if (!dryRun && !isFinished(pod as Pod)) await takeFromBudget(call, pod);
  await removeObject(context, { resource, namespace, name }, { user: request.user, dryRun, deletion });
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

function isFinished(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return (
    phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || !!pod.metadata?.deletionTimestamp
  );
}

interface Budget extends KubeObject {
  spec?: { selector?: object };
  status?: { disruptionsAllowed?: number; disruptedPods?: Record<string, string> };
}

async function takeFromBudget(call: VerbCall, pod: KubeObject): Promise<void> {
  const { context, request, target } = call;
  const budgets = context.registry.find('policy', 'v1', 'poddisruptionbudgets');
  if (!budgets) return;
  const listed = context.store.collection(budgets.collection).list({ prefix: `${target.namespace}/` });
  const covering = (listed.kind === 'entries' ? [...listed.entries] : [])
    .map((entry) => decodeStored(budgets, entry) as Budget)
    .filter(
      (budget) => budget.spec?.selector && selectorMatches(budget.spec.selector, metaOf(pod).labels ?? {}),
    );
  if (covering.length > 1) {
    throw refuse.internal(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const budget = covering[0];
  if (!budget) return;
  const name = metaOf(budget).name ?? '';
  if ((budget.status?.disruptionsAllowed ?? 0) <= 0) throw refusedByBudget(name);
  await updateObject(
    context,
    {
      resource: budgets,
      namespace: target.namespace,
      name,
      change: (old) => {
        const { status } = old as Budget;
        if ((status?.disruptionsAllowed ?? 0) <= 0) throw refusedByBudget(name);
        const disruptedPods = {
          ...status?.disruptedPods,
          [target.name]: new Date(context.clock.now()).toISOString(),
        };
        return {
          ...old,
          status: { ...status, disruptionsAllowed: (status?.disruptionsAllowed ?? 0) - 1, disruptedPods },
        };
      },
    },
    { user: request.user, subresource: 'status' },
  );
}

function refusedByBudget(name: string): StatusError {
  const message = `The disruption budget ${name} needs more healthy pods to be disrupted safely`;
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message, field: '' }] },
  });
}
