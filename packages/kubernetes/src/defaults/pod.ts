// Defaults of pods and pod templates: what Kubernetes' own defaulting sets, field by field.

import type { Container, HandlerLike, PodLike, PodSpecLike, ProbeLike, VolumeLike } from './shapes.ts';

/** What stands in a pod template as well as in a pod. */
export function defaultPodSpec(spec: PodSpecLike): void {
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const list of [spec.initContainers, spec.containers, spec.ephemeralContainers]) {
    for (const container of list ?? []) defaultContainer(container, spec.hostNetwork === true);
  }
}

/** What only a pod itself gets, not a template. */
export function defaultPod(pod: PodLike): void {
  defaultPodSpec(pod.spec);
  if (pod.status !== undefined) alignPodIps(pod.status);
  pod.spec.enableServiceLinks ??= true;
  for (const list of [pod.spec.initContainers, pod.spec.containers]) {
    for (const { resources } of list ?? []) {
      if (resources?.limits === undefined) continue;
      resources.requests = { ...resources.limits, ...resources.requests };
    }
  }
}

/** `podIP` is the first of `podIPs`; where they differ, the former counts. */
function alignPodIps(status: NonNullable<PodLike['status']>): void {
  const first = status.podIPs?.[0]?.ip;
  if (status.podIP && status.podIP !== first) status.podIPs = [{ ip: status.podIP }];
  else if (first) status.podIP = first;
}

function defaultContainer(container: Container, hostNetwork: boolean): void {
  container.terminationMessagePath ||= '/dev/termination-log';
  container.terminationMessagePolicy ||= 'File';
  container.imagePullPolicy ||= pullPolicyFor(container.image ?? '');
  for (const port of container.ports ?? []) {
    port.protocol ||= 'TCP';
    if (hostNetwork && !port.hostPort) port.hostPort = port.containerPort;
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef !== undefined) valueFrom.fieldRef.apiVersion ||= 'v1';
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe !== undefined) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler !== undefined) defaultHandler(handler);
  }
}

function defaultProbe(probe: ProbeLike): void {
  defaultHandler(probe);
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

function defaultHandler({ httpGet, grpc }: HandlerLike): void {
  if (httpGet !== undefined) {
    httpGet.path ||= '/';
    httpGet.scheme ||= 'HTTP';
  }
  if (grpc !== undefined) grpc.service ??= '';
}

const maxReferenceLength = 4096;
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domain = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const imageReference = new RegExp(
  `^(?:${domain}(?:\\.${domain})*(?::\\d+)?/)?${component}(?:/${component})*(?::([\\w][\\w.-]{0,127}))?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** An image without tag or digest is `latest`, which is pulled always; what is no image reference is not. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  const match = image.length <= maxReferenceLength ? imageReference.exec(image) : null;
  if (match === null) return 'IfNotPresent';
  const [, tag, digest] = match;
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

const defaultMode = 0o644;

function defaultVolume(volume: VolumeLike): void {
  const { secret, configMap, downwardAPI, projected, hostPath } = volume;
  if (secret !== undefined) secret.defaultMode ??= defaultMode;
  if (configMap !== undefined) configMap.defaultMode ??= defaultMode;
  if (hostPath !== undefined) hostPath.type ??= '';
  if (downwardAPI !== undefined) {
    downwardAPI.defaultMode ??= defaultMode;
    defaultDownwardItems(downwardAPI.items);
  }
  if (projected !== undefined) {
    projected.defaultMode ??= defaultMode;
    for (const { downwardAPI: source, serviceAccountToken } of projected.sources ?? []) {
      defaultDownwardItems(source?.items);
      if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= 3600;
    }
  }
  const template = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (template !== undefined) template.volumeMode ??= 'Filesystem';
  defaultRemoteVolume(volume);
  if (!hasSource(volume)) volume.emptyDir = {};
}

function defaultRemoteVolume({ iscsi, rbd, azureDisk, scaleIO }: VolumeLike): void {
  if (iscsi !== undefined) iscsi.iscsiInterface ||= 'default';
  if (rbd !== undefined) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}

function defaultDownwardItems(items: VolumeItems): void {
  for (const { fieldRef } of items ?? []) if (fieldRef !== undefined) fieldRef.apiVersion ||= 'v1';
}

type VolumeItems = NonNullable<VolumeLike['downwardAPI']>['items'];

function hasSource(volume: VolumeLike): boolean {
  for (const name in volume) if (name !== 'name') return true;
  return false;
}
