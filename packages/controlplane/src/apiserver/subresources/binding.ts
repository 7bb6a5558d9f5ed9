// pods/binding: the scheduler's decision, written once into the pod.

import type { Binding, KubeObject, Pod } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { decodeObject } from '../object-decoder.ts';
import { metaOf, timestamp } from '../object-meta.ts';
import { updateObject } from '../object-writer.ts';
import { readWriteOptions } from '../query-options.ts';
import { refuse } from '../status-error.ts';
import type { VerbCall } from '../verbs/target.ts';

const bindingType = { group: '', version: 'v1', kind: 'Binding' };

export async function createBinding(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const options = readWriteOptions(request.query, 'CreateOptions', request.headers['user-agent'] ?? '');
  const binding = decodeObject({
    schemas: context.schemas,
    type: bindingType,
    body: await request.readBody(),
    contentType: request.headers['content-type'] ?? '',
    fieldValidation: options.fieldValidation,
    warn: (text) => void request.warnings.push(text),
  }) as unknown as Binding;
  const { name = '' } = metaOf(binding as unknown as KubeObject);
  if (name !== target.name) throw refuse.badRequest('name in URL does not match name in Binding object');
  const targetKind = binding.target?.kind ?? '';
  if (targetKind !== '' && targetKind !== 'Node') {
    const supported = 'supported values: "Node", "<empty>"';
    throw refuse.plainInternal(`target.kind: Unsupported value: ${JSON.stringify(targetKind)}: ${supported}`);
  }
  const nodeName = binding.target?.name ?? '';
  if (nodeName === '') {
    const cause = { reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' };
    throw refuse.invalid(bindingType, target.name, [cause]);
  }
  await updateObject(
    context,
    {
      resource: target.resource,
      namespace: target.namespace,
      name: target.name,
      change: (old) => bind(old as KubeObject, { binding, nodeName, nowMs: context.clock.now() }),
      // Kubernetes keeps no account of who bound a pod.
      managedFieldsAreFinal: true,
    },
    {
      user: request.user,
      dryRun: options.dryRun,
      fieldManager: options.fieldManager,
      subresource: 'binding',
    },
  );
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}

function bind(
  object: KubeObject,
  { binding, nodeName, nowMs }: { binding: Binding; nodeName: string; nowMs: number },
): KubeObject {
  const pod = object as Pod;
  const name = metaOf(object).name ?? '';
  const conflict = (why: string) => refuse.conflict({ group: '', resource: 'pods/binding' }, name, why);
  const { uid } = binding.metadata ?? {};
  if (uid && uid !== pod.metadata?.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid}`;
    throw conflict(why);
  }
  if (pod.metadata?.deletionTimestamp)
    throw conflict(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName)
    throw conflict(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec) pod.spec.nodeName = nodeName;
  const { annotations, labels } = binding.metadata ?? {};
  if (annotations) metaOf(object).annotations = { ...metaOf(object).annotations, ...annotations };
  if (labels) metaOf(object).labels = { ...metaOf(object).labels, ...labels };
  const status = (pod.status ?? {}) as { conditions?: Array<{ type: string }> };
  const others = (status.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(nowMs),
  };
  object.status = { ...status, conditions: [...others, scheduled] };
  return object;
}
