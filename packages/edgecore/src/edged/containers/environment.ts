// A container's environment: literals, references into config maps, secrets and the pod itself, and the services around it.

import { Fault } from '@selvedge/base';
import type { ConfigMap, Container, Secret } from '@selvedge/kubernetes';
import { isEnvironmentVariableName } from '@selvedge/kubernetes';
import { type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';
import { expand } from './expansion.ts';
import { fieldValue, type NodeAllocatable, type PodAddresses, resourceValue } from './field-path.ts';

type EnvVar = NonNullable<Container['env']>[number];
type EnvFrom = NonNullable<Container['envFrom']>[number];

export interface EnvironmentInput {
  readonly pod: EdgePod;
  readonly container: Container;
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  readonly services: ReadonlyMap<string, string>;
  /** Undefined when there is none; rejects when nobody can say. */
  readonly configMap: (name: string) => Promise<ConfigMap | undefined>;
  readonly secret: (name: string) => Promise<Secret | undefined>;
  /** Told of keys that can not be names of variables. */
  readonly onInvalidKeys?: (source: string, keys: readonly string[]) => void;
}

/** In the order in which a kubelet lists them: envFrom, env, services. Rejects with `edged/config-error`. */
export async function containerEnvironment(input: EnvironmentInput): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  for (const source of input.container.envFrom ?? []) await addSource(input, source, result);
  const named = new Map<string, string>();
  const lookUp = (name: string) => named.get(name) ?? result.get(name) ?? input.services.get(name);
  for (const variable of input.container.env ?? []) {
    const value = variable.valueFrom
      ? await referenced(input, variable)
      : expand(variable.value ?? '', lookUp);
    if (value !== undefined) named.set(variable.name, value);
  }
  for (const [name, value] of named) result.set(name, value);
  for (const [name, value] of input.services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function addSource(
  input: EnvironmentInput,
  source: EnvFrom,
  result: Map<string, string>,
): Promise<void> {
  const data = await sourceData(input, source);
  const invalid: string[] = [];
  for (const [key, value] of Object.entries(data)) {
    const name = (source.prefix ?? '') + key;
    if (isEnvironmentVariableName(name).length === 0) result.set(name, value);
    else invalid.push(key);
  }
  if (invalid.length > 0) input.onInvalidKeys?.(describeSource(input.pod, source), invalid.sort());
}

function describeSource(pod: EdgePod, source: EnvFrom): string {
  const [kind, name] = source.configMapRef
    ? ['configMap', source.configMapRef.name]
    : ['secret', source.secretRef?.name];
  return `${kind} ${namespaceOf(pod)}/${name}`;
}

async function sourceData(input: EnvironmentInput, source: EnvFrom): Promise<Record<string, string>> {
  if (source.configMapRef) {
    const { name = '', optional } = source.configMapRef;
    const found = await input.configMap(name);
    if (!found && !optional) throw configError(`configmap "${name}" not found`);
    return found?.data ?? {};
  }
  if (source.secretRef) {
    const { name = '', optional } = source.secretRef;
    const found = await input.secret(name);
    if (!found && !optional) throw configError(`secret "${name}" not found`);
    return Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, value]) => [key, decode(value)]));
  }
  return {};
}

async function referenced(
  input: EnvironmentInput,
  { name, valueFrom = {} }: EnvVar,
): Promise<string | undefined> {
  const { pod, container } = input;
  if (valueFrom.fieldRef) {
    const value = fieldValue(pod, valueFrom.fieldRef.fieldPath, input.addresses);
    if (value === undefined) throw configError(`fieldPath "${valueFrom.fieldRef.fieldPath}" not supported`);
    return value;
  }
  if (valueFrom.resourceFieldRef) {
    const value = resourceValue(pod, container, valueFrom.resourceFieldRef, input.allocatable);
    if (value === undefined)
      throw configError(`unsupported container resource : ${valueFrom.resourceFieldRef.resource}`);
    return value;
  }
  if (valueFrom.configMapKeyRef) {
    const { key, name: map = '', optional } = valueFrom.configMapKeyRef;
    const found = await input.configMap(map);
    const value = found?.data?.[key];
    if (value !== undefined || optional) return value;
    const where = `${namespaceOf(pod)}/${map}`;
    throw configError(
      found ? `couldn't find key ${key} in ConfigMap ${where}` : `configmap "${map}" not found`,
    );
  }
  if (valueFrom.secretKeyRef) {
    const { key, name: secret = '', optional } = valueFrom.secretKeyRef;
    const found = await input.secret(secret);
    const value = found?.data?.[key];
    if (value !== undefined) return decode(value);
    if (optional) return undefined;
    const where = `${namespaceOf(pod)}/${secret}`;
    throw configError(found ? `couldn't find key ${key} in Secret ${where}` : `secret "${secret}" not found`);
  }
  throw configError(`environment variable ${name} has no source`);
}

/** Whether the pod wants all services of its namespace in its environment. */
export function wantsServiceLinks(pod: EdgePod): boolean {
  return specOf(pod).enableServiceLinks !== false;
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

function configError(message: string): Fault {
  return new Fault('edged/config-error', message, { retryable: true });
}
