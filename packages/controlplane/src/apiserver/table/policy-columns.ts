// Columns of what limits, guards, reaches and stores: budgets, quotas, autoscalers, ingresses, network policies, volumes.

import type { KubeObject, PodTemplateSpec } from '@selvedge/kubernetes';
import { selectorText } from '../subresources/selector-text.ts';
import { ageOf } from './age.ts';
import type { Column } from './column.ts';
import { column, count, joined, part, wide } from './column-parts.ts';

const none = '<none>';
const spec = (object: KubeObject) => part(object, 'spec');
const status = (object: KubeObject) => part(object, 'status');
const text = (value: unknown, absent = ''): string => (value === undefined ? absent : String(value));

export function policyColumns(age: Column): Readonly<Record<string, readonly Column[]>> {
  return {
    'poddisruptionbudgets.policy': [
      column('Min Available', (object) => text(spec(object).minAvailable, 'N/A')),
      column('Max Unavailable', (object) => text(spec(object).maxUnavailable, 'N/A')),
      column('Allowed Disruptions', (object) => count(status(object).disruptionsAllowed), 'integer'),
      age,
    ],
    limitranges: [column('Created At', (object) => object.metadata?.creationTimestamp ?? '', 'date')],
    resourcequotas: [
      age,
      column('Request', (object) => quotaText(object, (name) => !name.startsWith('limits'))),
      column('Limit', (object) => quotaText(object, (name) => name.startsWith('limits'))),
    ],
    'horizontalpodautoscalers.autoscaling': [
      column('Reference', (object) => {
        const { kind, name } = (spec(object).scaleTargetRef ?? {}) as { kind?: string; name?: string };
        return `${kind}/${name}`;
      }),
      column('Targets', targetsText),
      column('MinPods', (object) => text(spec(object).minReplicas, '<unset>')),
      column('MaxPods', (object) => count(spec(object).maxReplicas)),
      column('Replicas', (object) => count(status(object).currentReplicas)),
      age,
    ],
    'cronjobs.batch': [
      column('Schedule', (object) => text(spec(object).schedule)),
      column('Timezone', (object) => text(spec(object).timeZone, none)),
      column('Suspend', (object) => (spec(object).suspend === true ? 'True' : 'False'), 'boolean'),
      column('Active', (object) => count(status(object).active), 'integer'),
      column('Last Schedule', (object, nowMs) => {
        const { lastScheduleTime } = status(object);
        return lastScheduleTime === undefined ? none : ageOf(lastScheduleTime, nowMs);
      }),
      age,
    ],
    podtemplates: [
      column('Containers', (object) => joined(templateContainers(object).map((one) => one.name))),
      column('Images', (object) => joined(templateContainers(object).map((one) => one.image ?? ''))),
      column('Pod Labels', (object) => {
        const { labels = {} } = ((object.template ?? {}) as PodTemplateSpec).metadata ?? {};
        return joined(Object.entries(labels).map(([key, value]) => `${key}=${value}`));
      }),
    ],
    'ingresses.networking.k8s.io': [
      column('Class', (object) => text(spec(object).ingressClassName, none)),
      column('Hosts', hostsText),
      column('Address', addressText),
      column('Ports', (object) => (count(spec(object).tls) > 0 ? '80, 443' : '80')),
      age,
    ],
    'ingressclasses.networking.k8s.io': [
      column('Controller', (object) => text(spec(object).controller)),
      column('Parameters', (object) => {
        const reference = spec(object).parameters as Record<string, string> | undefined;
        if (!reference) return none;
        const group = reference.apiGroup ? `.${reference.apiGroup}` : '';
        return `${reference.kind}${group}/${reference.name}`;
      }),
      age,
    ],
    'networkpolicies.networking.k8s.io': [
      column('Pod-Selector', (object) => selectorText(spec(object).podSelector) || none),
      age,
    ],
    'runtimeclasses.node.k8s.io': [column('Handler', (object) => text(object.handler)), age],
    ...storageColumns(age),
  };
}

function storageColumns(age: Column): Record<string, readonly Column[]> {
  const mode = wide('VolumeMode', (object) => text(spec(object).volumeMode, '<unset>'));
  const storageClass = column('StorageClass', (object) => text(spec(object).storageClassName));
  const attributesClass = column('VolumeAttributesClass', (object) =>
    text(spec(object).volumeAttributesClassName, '<unset>'),
  );
  const phase = column('Status', (object) =>
    object.metadata?.deletionTimestamp ? 'Terminating' : text(status(object).phase),
  );
  const storage = (of: Readonly<Record<string, unknown>>) =>
    text(((of.capacity ?? {}) as Record<string, unknown>).storage);
  return {
    persistentvolumes: [
      column('Capacity', (object) => storage(spec(object))),
      column('Access Modes', (object) => modesText(spec(object).accessModes)),
      column('Reclaim Policy', (object) => text(spec(object).persistentVolumeReclaimPolicy)),
      phase,
      column('Claim', (object) => {
        const claim = spec(object).claimRef as { namespace?: string; name?: string } | undefined;
        return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '';
      }),
      storageClass,
      attributesClass,
      column('Reason', (object) => text(status(object).reason)),
      age,
      mode,
    ],
    persistentvolumeclaims: [
      phase,
      column('Volume', (object) => text(spec(object).volumeName)),
      column('Capacity', (object) => (spec(object).volumeName ? storage(status(object)) || '0' : '')),
      column('Access Modes', (object) =>
        spec(object).volumeName ? modesText(status(object).accessModes) : '',
      ),
      storageClass,
      attributesClass,
      age,
      mode,
    ],
    'storageclasses.storage.k8s.io': [
      column('Provisioner', (object) => text(object.provisioner)),
      column('ReclaimPolicy', (object) => text(object.reclaimPolicy, 'Delete')),
      column('VolumeBindingMode', (object) => text(object.volumeBindingMode, 'Immediate')),
      column('AllowVolumeExpansion', (object) => object.allowVolumeExpansion === true),
      age,
    ],
  };
}

const shortModes: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

function modesText(modes: unknown): string {
  const present = new Set(Array.isArray(modes) ? (modes as string[]) : []);
  return Object.keys(shortModes)
    .filter((mode) => present.has(mode))
    .map((mode) => shortModes[mode])
    .join(',');
}

function quotaText(object: KubeObject, wanted: (name: string) => boolean): string {
  const { hard = {}, used = {} } = status(object) as Record<string, Record<string, string>>;
  const names = Object.keys(hard).filter(wanted).sort();
  return names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`).join(', ');
}

function templateContainers(object: KubeObject) {
  return ((object.template ?? {}) as PodTemplateSpec).spec?.containers ?? [];
}

interface MetricSpec {
  readonly type: string;
  readonly resource?: {
    readonly name: string;
    readonly target: { readonly averageUtilization?: number; readonly averageValue?: string };
  };
}

/** Nothing measures here: what is wanted is shown, what is there is unknown. */
function targetsText(object: KubeObject): string {
  const metrics = (spec(object).metrics ?? []) as readonly MetricSpec[];
  const texts = metrics.map(({ type, resource }) => {
    if (type !== 'Resource' || !resource) return '<unknown type>';
    const { averageUtilization, averageValue } = resource.target;
    const target = averageValue ?? (averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`);
    return `${resource.name}: <unknown>/${target}`;
  });
  return texts.length === 0 ? none : texts.join(', ');
}

function hostsText(object: KubeObject): string {
  const rules = (spec(object).rules ?? []) as ReadonlyArray<{ host?: string }>;
  const hosts = rules.flatMap(({ host }) => host || []);
  if (hosts.length === 0) return '*';
  return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',');
}

function addressText(object: KubeObject): string {
  const balancer = (status(object).loadBalancer ?? {}) as {
    ingress?: ReadonlyArray<{ ip?: string; hostname?: string }>;
  };
  return (balancer.ingress ?? []).map((one) => one.ip || one.hostname || '').join(',');
}
