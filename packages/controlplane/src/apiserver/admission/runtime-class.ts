// What a pod's runtime class brings with it: overhead, and the nodes that have the runtime.
// Source: k8s.io/kubernetes/plugin/pkg/admission/runtimeclass.

import { equalJson, type KubeObject, type Pod, type PodSpec } from '@selvedge/kubernetes';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';

interface RuntimeClass {
  readonly overhead?: { readonly podFixed?: Record<string, string> };
  readonly scheduling?: {
    readonly nodeSelector?: Record<string, string>;
    readonly tolerations?: NonNullable<PodSpec['tolerations']>;
  };
}

export const runtimeClasses: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate: (request) => {
    const { resource, operation, object } = request;
    if (resource.group !== '' || resource.resource !== 'pods' || operation !== 'CREATE') return;
    const { spec } = object as KubeObject & Pod;
    if (!spec) return;
    const found = findClass(request, spec.runtimeClassName);
    setOverhead(request, spec, found);
    if (found?.scheduling) setScheduling(request, spec, found.scheduling);
  },
};

function findClass(request: AdmissionRequest, name: string | undefined): RuntimeClass | undefined {
  if (name === undefined) return undefined;
  const entry = request.context.store.latest('runtimeclasses.node.k8s.io', name);
  if (entry) return JSON.parse(Buffer.from(entry.value).toString('utf8')) as RuntimeClass;
  return deny(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
}

function setOverhead(request: AdmissionRequest, spec: PodSpec, found: RuntimeClass | undefined): void {
  const fixed = found?.overhead?.podFixed;
  if (spec.overhead && !fixed) {
    deny(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
  }
  if (spec.overhead && !equalJson(spec.overhead, fixed)) {
    deny(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  if (fixed) spec.overhead = fixed;
}

function setScheduling(
  request: AdmissionRequest,
  spec: PodSpec,
  { nodeSelector = {}, tolerations = [] }: NonNullable<RuntimeClass['scheduling']>,
): void {
  const own = spec.nodeSelector ?? {};
  for (const [key, value] of Object.entries(nodeSelector)) {
    const wanted = own[key];
    if (wanted === undefined || wanted === value) continue;
    const rule = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}`;
    deny(request, `conflict: ${rule}; pod.spec.nodeSelector[${key}] = ${wanted}`);
  }
  if (Object.keys(nodeSelector).length > 0) spec.nodeSelector = { ...own, ...nodeSelector };
  const present = spec.tolerations ?? [];
  const added = tolerations.filter((one) => !present.some((other) => equalJson(one, other)));
  if (added.length > 0) spec.tolerations = [...present, ...added];
}
