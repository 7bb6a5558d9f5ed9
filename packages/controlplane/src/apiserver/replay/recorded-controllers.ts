// Sets aside what the recorded cluster's controllers wrote into objects between the requests: none run in the replay.

import { isJsonObject, type JsonObject } from '@selvedge/kubernetes';

const controllerManager = 'kube-controller-manager';
const controllersAnnotations = ['deployment.kubernetes.io/revision', 'node.alpha.kubernetes.io/ttl'];
const notReadyTaint = 'node.kubernetes.io/not-ready';

/** A copy of an answer: no deployment's status, no annotations, taints and managed fields of controllers. */
export function withoutControllers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutControllers);
  if (!isJsonObject(value)) return value;
  const copy: JsonObject = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withoutControllers(child)]),
  );
  if (isJsonObject(copy.metadata)) cleanMetadata(copy.metadata);
  if (copy.kind === 'Deployment') copy.status = {};
  if (copy.kind === 'Node' && isJsonObject(copy.spec)) cleanTaints(copy.spec);
  return copy;
}

function cleanMetadata(metadata: JsonObject): void {
  if (Array.isArray(metadata.managedFields)) {
    metadata.managedFields = metadata.managedFields.filter((entry) => entry?.manager !== controllerManager);
  }
  if (!isJsonObject(metadata.annotations)) return;
  for (const name of controllersAnnotations) delete metadata.annotations[name];
  if (Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
}

function cleanTaints(spec: JsonObject): void {
  if (!Array.isArray(spec.taints)) return;
  spec.taints = spec.taints.filter((taint) => taint?.key !== notReadyTaint);
  if (Array.isArray(spec.taints) && spec.taints.length === 0) delete spec.taints;
}
