// The files of a config map, secret, downward API or projected volume, before they are written.

import { Fault } from '@selvedge/base';
import type { ConfigMap, PodSpec, Secret, TokenRequest, Volume } from '@selvedge/kubernetes';
import {
  fieldValue,
  type NodeAllocatable,
  type PodAddresses,
  resourceValue,
} from '../containers/field-path.ts';
import { allContainers, type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';
import type { PayloadFile } from './atomic-writer.ts';

export interface PayloadSources {
  readonly addresses: PodAddresses;
  readonly allocatable: NodeAllocatable;
  /** Undefined when there is none; rejects when nobody can say. */
  readonly configMap: (namespace: string, name: string) => Promise<ConfigMap | undefined>;
  readonly secret: (namespace: string, name: string) => Promise<Secret | undefined>;
  readonly token: (namespace: string, serviceAccount: string, request: TokenRequest) => Promise<TokenRequest>;
}

type Files = Map<string, PayloadFile>;
type Projected = NonNullable<Volume['projected']>;
type DownwardItems = NonNullable<NonNullable<Volume['downwardAPI']>['items']>;
type KeyToPath = { readonly key: string; readonly path: string; readonly mode?: number };

const defaultMode = 0o644;
const defaultTokenSeconds = 3_600;

/** Undefined for volumes that have no files of ours. */
export function volumePayload(
  pod: EdgePod,
  volume: Volume,
  sources: PayloadSources,
): Promise<Files> | undefined {
  if (volume.configMap) {
    const { name = '', items, optional, defaultMode: mode = defaultMode } = volume.configMap;
    return configMapFiles(pod, sources, {
      name,
      mode,
      ...(items && { items }),
      ...(optional && { optional }),
    });
  }
  if (volume.secret) {
    const { secretName: name = '', items, optional, defaultMode: mode = defaultMode } = volume.secret;
    return secretFiles(pod, sources, { name, mode, ...(items && { items }), ...(optional && { optional }) });
  }
  if (volume.downwardAPI) {
    const { items = [], defaultMode: mode = defaultMode } = volume.downwardAPI;
    return Promise.resolve(downwardFiles(pod, sources, items, mode));
  }
  return volume.projected ? projectedFiles(pod, sources, volume.projected) : undefined;
}

interface Selection {
  readonly name: string;
  readonly mode: number;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

async function configMapFiles(pod: EdgePod, sources: PayloadSources, selection: Selection): Promise<Files> {
  const found = await sources.configMap(namespaceOf(pod), selection.name);
  if (!found && !selection.optional) throw failure(`configmap "${selection.name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value));
  for (const [key, value] of Object.entries(found?.binaryData ?? {}))
    data.set(key, Buffer.from(value, 'base64'));
  return select(data, selection, 'configmap references non-existent config key: ');
}

async function secretFiles(pod: EdgePod, sources: PayloadSources, selection: Selection): Promise<Files> {
  const found = await sources.secret(namespaceOf(pod), selection.name);
  if (!found && !selection.optional) throw failure(`secret "${selection.name}" not found`);
  const data = new Map<string, Buffer>();
  for (const [key, value] of Object.entries(found?.data ?? {})) data.set(key, Buffer.from(value, 'base64'));
  return select(data, selection, 'references non-existent secret key: ');
}

function select(data: ReadonlyMap<string, Buffer>, selection: Selection, complaint: string): Files {
  const { items, mode, optional } = selection;
  if (!items) return new Map([...data].map(([key, content]) => [key, { data: content, mode }]));
  const files: Files = new Map();
  for (const item of items) {
    const content = data.get(item.key);
    if (content) files.set(item.path, { data: content, mode: item.mode ?? mode });
    else if (!optional) throw failure(`${complaint}${item.key}`);
  }
  return files;
}

function downwardFiles(pod: EdgePod, sources: PayloadSources, items: DownwardItems, mode: number): Files {
  const files: Files = new Map();
  for (const item of items) {
    const text = item.fieldRef
      ? fieldValue(pod, item.fieldRef.fieldPath, sources.addresses)
      : item.resourceFieldRef && resourceValue(pod, undefined, item.resourceFieldRef, sources.allocatable);
    if (text === undefined) throw failure(`downward API item ${item.path} has no value`);
    files.set(item.path, { data: Buffer.from(text), mode: item.mode ?? mode });
  }
  return files;
}

async function projectedFiles(pod: EdgePod, sources: PayloadSources, projected: Projected): Promise<Files> {
  const mode = projected.defaultMode ?? defaultMode;
  const files: Files = new Map();
  const problems: string[] = [];
  for (const source of projected.sources ?? []) {
    try {
      for (const [path, file] of await sourceFiles(pod, sources, source, mode)) files.set(path, file);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length === 1) throw failure(problems[0] ?? '');
  if (problems.length > 1) throw failure(`[${problems.join(', ')}]`);
  return files;
}

type ProjectedSource = NonNullable<Projected['sources']>[number];

async function sourceFiles(
  pod: EdgePod,
  sources: PayloadSources,
  source: ProjectedSource,
  mode: number,
): Promise<Files> {
  if (source.configMap) return configMapFiles(pod, sources, { mode, name: '', ...source.configMap });
  if (source.secret) return secretFiles(pod, sources, { mode, name: '', ...source.secret });
  if (source.downwardAPI) return downwardFiles(pod, sources, source.downwardAPI.items ?? [], mode);
  if (!source.serviceAccountToken) return new Map();
  const { path } = source.serviceAccountToken;
  const answer = await sources.token(
    namespaceOf(pod),
    specOf(pod).serviceAccountName || 'default',
    tokenRequest(pod, source),
  );
  const uid = commonUser(pod);
  const narrow = uid !== undefined || specOf(pod).securityContext?.fsGroup !== undefined;
  const data = Buffer.from(answer.status?.token ?? '');
  return new Map([[path, { data, mode: narrow ? 0o600 : mode, ...(uid !== undefined && { uid }) }]]);
}

function tokenRequest(pod: EdgePod, source: ProjectedSource): TokenRequest {
  const { audience, expirationSeconds = defaultTokenSeconds } = source.serviceAccountToken ?? {};
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      audiences: audience ? [audience] : [],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
    },
  };
}

/** The user as whom all containers run, if it is one and the same. */
function commonUser(pod: EdgePod): number | undefined {
  const spec: PodSpec = specOf(pod);
  const users = allContainers(pod).map(
    ({ container }) => container.securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
  );
  return new Set(users).size === 1 ? users[0] : undefined;
}

/** Whether the volume's files depend on this object. */
export function refersTo(volume: Volume, type: 'configmap' | 'secret', name: string): boolean {
  const sources = volume.projected?.sources ?? [];
  return type === 'configmap'
    ? volume.configMap?.name === name || sources.some((source) => source.configMap?.name === name)
    : volume.secret?.secretName === name || sources.some((source) => source.secret?.name === name);
}

export function hasToken(volume: Volume): boolean {
  return (volume.projected?.sources ?? []).some((source) => source.serviceAccountToken !== undefined);
}

function failure(message: string): Fault {
  return new Fault('edged/volume-source', message, { retryable: true });
}
