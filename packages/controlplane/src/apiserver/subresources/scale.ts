// The scale subresource: replicas of built-in workloads and of custom resources that declare one.

import type { KubeObject } from '@selvedge/kubernetes';
import { type Answer, jsonAnswer } from '../api-request.ts';
import { decodeObject, decodePatch } from '../object-decoder.ts';
import { metaOf } from '../object-meta.ts';
import { applyPatch, readPatchType } from '../object-patch.ts';
import { updateObject } from '../object-writer.ts';
import { readWriteOptions } from '../query-options.ts';
import { type Resource, storageKey } from '../registry/resource.ts';
import { refuse } from '../status-error.ts';
import { decodeStored } from '../stored-object.ts';
import type { VerbCall } from '../verbs/target.ts';
import { getPath, setPath } from './json-path.ts';
import { selectorText } from './selector-text.ts';

const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale' };
const builtinPaths = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };

export function getScale(call: VerbCall): Answer {
  const { context, target } = call;
  const { resource, namespace, name } = target;
  const entry = context.store.collection(resource.collection).get(storageKey(namespace, name));
  if (!entry) throw refuse.notFound({ ...resource, resource: `${resource.resource}/scale` }, name);
  return jsonAnswer(200, scaleOf(resource, decodeStored(resource, entry)));
}

export async function writeScale(call: VerbCall): Promise<Answer> {
  const { context, request, target } = call;
  const { resource, namespace, name } = target;
  const patching = request.method === 'PATCH';
  const optionsKind = patching ? 'PatchOptions' : 'UpdateOptions';
  const options = readWriteOptions(request.query, optionsKind, request.headers['user-agent'] ?? '');
  const contentType = request.headers['content-type'] ?? '';
  const body = await request.readBody();
  const warn = (text: string) => void request.warnings.push(text);
  const { fieldValidation } = options;
  const wanted = (current: KubeObject): KubeObject => {
    if (!patching)
      return decodeObject({
        schemas: context.schemas,
        type: scaleType,
        body,
        contentType,
        fieldValidation,
        warn,
      });
    const type = readPatchType(resource, contentType);
    const patch = decodePatch(body, type);
    // A Scale's fields are Kubernetes' own, also where a custom resource is scaled.
    const { custom: _, ...rest } = resource;
    return applyPatch({
      schemas: context.schemas,
      resource: { ...rest, ...scaleType },
      type: type === 'json' ? 'json' : 'merge',
      patch,
      old: current,
      fieldValidation,
      warn,
    });
  };
  const written = await updateObject(
    context,
    { resource, namespace, name, change: (old) => rescale(resource, old as KubeObject, wanted) },
    { user: request.user, dryRun: options.dryRun, fieldManager: options.fieldManager, subresource: 'scale' },
  );
  return jsonAnswer(200, scaleOf(resource, decodeStored(resource, written.entry)));
}

function rescale(
  resource: Resource,
  object: KubeObject,
  wanted: (scale: KubeObject) => KubeObject,
): KubeObject {
  const scale = wanted(scaleOf(resource, object));
  const replicas = (scale.spec as { replicas?: number } | undefined)?.replicas ?? 0;
  if (!Number.isInteger(replicas) || replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    const cause = { reason: 'FieldValueInvalid', message, field: 'spec.replicas' };
    throw refuse.invalid(scaleType, metaOf(object).name ?? '', [cause]);
  }
  const { resourceVersion, uid } = metaOf(scale);
  if (resourceVersion) metaOf(object).resourceVersion = resourceVersion;
  if (uid) metaOf(object).uid = uid;
  setPath(object, pathsOf(resource).specReplicasPath, replicas);
  return object;
}

function scaleOf(resource: Resource, object: KubeObject): KubeObject {
  const paths = pathsOf(resource);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metaOf(object);
  const replicas = Number(getPath(object, paths.specReplicasPath) ?? 0);
  const selector = paths.labelSelectorPath
    ? String(getPath(object, paths.labelSelectorPath) ?? '')
    : selectorText((object.spec as { selector?: unknown } | undefined)?.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata'] & object,
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: Number(getPath(object, paths.statusReplicasPath) ?? 0),
      ...(selector === '' ? {} : { selector }),
    },
  };
}

function pathsOf(resource: Resource): {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
} {
  if (!resource.custom) return builtinPaths;
  if (!resource.custom.scale) throw refuse.noSuchResource();
  return resource.custom.scale;
}
