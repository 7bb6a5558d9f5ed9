// Security settings of pod and container, joined, as the runtime takes them; and the check that a container does not run as root.

import type { Container, PodSpec } from '@selvedge/kubernetes';
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
} from '../cri/cri.gen.ts';
import { allContainers, type EdgePod, specOf } from '../pods/pod-spec.ts';

type SeccompProfile = NonNullable<NonNullable<PodSpec['securityContext']>['seccompProfile']>;
type AppArmorProfile = { readonly type: string; readonly localhostProfile?: string };

const maskedPaths = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
];
const readonlyPaths = [
  '/proc/asound',
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];
const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';

export interface ImageUser {
  /** Numeric user of the image, if it says one. */
  readonly uid?: number;
  readonly username?: string;
}

export function namespaceOptions(pod: EdgePod): NamespaceOption {
  const spec = specOf(pod);
  const pid = spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER';
  return { network: spec.hostNetwork ? 'NODE' : 'POD', pid, ipc: spec.hostIPC ? 'NODE' : 'POD' };
}

export function sandboxSecurityContext(pod: EdgePod, seccompRoot: string): LinuxSandboxSecurityContext {
  const context = specOf(pod).securityContext ?? {};
  const groups = podGroups(pod);
  return {
    namespaceOptions: namespaceOptions(pod),
    ...(context.seLinuxOptions && { selinuxOptions: context.seLinuxOptions }),
    ...(context.runAsUser !== undefined && { runAsUser: { value: context.runAsUser } }),
    ...(context.runAsGroup !== undefined && { runAsGroup: { value: context.runAsGroup } }),
    ...(groups.length > 0 && { supplementalGroups: groups }),
    privileged: allContainers(pod).some(({ container }) => container.securityContext?.privileged === true),
    seccomp: seccomp(context.seccompProfile, seccompRoot) ?? { profileType: 'RuntimeDefault' },
  };
}

function podGroups(pod: EdgePod): number[] {
  const { fsGroup, supplementalGroups = [] } = specOf(pod).securityContext ?? {};
  return [...new Set([...(fsGroup !== undefined ? [fsGroup] : []), ...supplementalGroups])];
}

export interface ContainerSecurityOptions {
  readonly seccompRoot: string;
  readonly image: ImageUser;
  /** Id of the container whose processes this one sees. */
  readonly targetId?: string;
}

export function containerSecurityContext(
  pod: EdgePod,
  container: Container,
  options: ContainerSecurityOptions,
): LinuxContainerSecurityContext {
  const podContext = specOf(pod).securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? podContext.runAsUser ?? options.image.uid;
  const runAsGroup = own.runAsGroup ?? podContext.runAsGroup;
  const groups = podGroups(pod);
  const seLinux = own.seLinuxOptions ?? podContext.seLinuxOptions;
  const unmasked = own.procMount === 'Unmasked';
  const appArmor = appArmorProfile(pod, container);
  const byName = runAsUser === undefined && options.image.username;
  return {
    ...(own.capabilities && { capabilities: capabilities(own.capabilities) }),
    privileged: own.privileged === true,
    namespaceOptions: {
      ...namespaceOptions(pod),
      ...(options.targetId && { pid: 'TARGET', targetId: options.targetId }),
    },
    ...(seLinux && { selinuxOptions: seLinux }),
    ...(runAsUser !== undefined && { runAsUser: { value: runAsUser } }),
    ...(runAsGroup !== undefined && { runAsGroup: { value: runAsGroup } }),
    ...(byName && { runAsUsername: byName }),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    ...(groups.length > 0 && { supplementalGroups: groups }),
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
    seccomp: seccomp(own.seccompProfile ?? podContext.seccompProfile, options.seccompRoot) ?? {
      profileType: 'Unconfined',
    },
    ...(appArmor && { apparmor: appArmor }),
  };
}

function capabilities({ add = [], drop = [] }: { add?: string[]; drop?: string[] }) {
  return { addCapabilities: add, dropCapabilities: drop };
}

function seccomp(profile: SeccompProfile | undefined, root: string): SecurityProfile | undefined {
  switch (profile?.type) {
    case 'RuntimeDefault':
    case 'Unconfined':
      return { profileType: profile.type };
    case 'Localhost':
      return { profileType: 'Localhost', localhostRef: `${root}/${profile.localhostProfile ?? ''}` };
    default:
      return undefined;
  }
}

function appArmorProfile(pod: EdgePod, container: Container): SecurityProfile | undefined {
  const field =
    (container.securityContext as { appArmorProfile?: AppArmorProfile } | undefined)?.appArmorProfile ??
    (specOf(pod).securityContext as { appArmorProfile?: AppArmorProfile } | undefined)?.appArmorProfile;
  const annotation = pod.metadata.annotations?.[appArmorAnnotation + container.name];
  if (field?.type === 'Localhost' || annotation?.startsWith('localhost/')) {
    const localhostRef = field?.localhostProfile ?? annotation?.slice('localhost/'.length) ?? '';
    return { profileType: 'Localhost', localhostRef };
  }
  if (field?.type === 'RuntimeDefault' || annotation === 'runtime/default')
    return { profileType: 'RuntimeDefault' };
  if (field?.type === 'Unconfined' || annotation === 'unconfined') return { profileType: 'Unconfined' };
  return undefined;
}

/** Why a container that must not run as root may not start; undefined when it may. */
export function rootProblem(pod: EdgePod, container: Container, image: ImageUser): string | undefined {
  const podContext = specOf(pod).securityContext ?? {};
  const own = container.securityContext ?? {};
  if ((own.runAsNonRoot ?? podContext.runAsNonRoot) !== true) return undefined;
  const user = own.runAsUser ?? podContext.runAsUser;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${pod.metadata.uid})", container: ${container.name})`;
  if (user !== undefined) {
    return user === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined;
  }
  if (image.uid === 0) return `container has runAsNonRoot and image will run as root ${where}`;
  if (image.uid === undefined && image.username) {
    return `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${where}`;
  }
  return undefined;
}
