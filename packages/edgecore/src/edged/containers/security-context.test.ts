import { expect, test } from 'bun:test';
import type { Container, PodSpec } from '@selvedge/kubernetes';
import { containerOf, podOf } from '../testing/pods.ts';
import {
  containerSecurityContext,
  type ImageUser,
  namespaceOptions,
  rootProblem,
  sandboxSecurityContext,
} from './security-context.ts';

type PodContext = PodSpec['securityContext'];
type OwnContext = Container['securityContext'];

function made(podContext: PodContext, own: OwnContext = {}, image: ImageUser = { uid: 0 }) {
  const container = containerOf({ ...(own && { securityContext: own }) });
  const pod = podOf({ containers: [container], ...(podContext && { securityContext: podContext }) });
  return containerSecurityContext(pod, container, { seccompRoot: '/seccomp', image });
}

test('the container’s own settings win over the pod’s, the pod’s over the image’s', () => {
  expect(made({}).runAsUser).toEqual({ value: 0 });
  expect(made({ runAsUser: 1000 }).runAsUser).toEqual({ value: 1000 });
  expect(made({ runAsUser: 1000 }, { runAsUser: 0 }).runAsUser).toEqual({ value: 0 });
  expect(made({}, {}, { username: 'nobody' })).toMatchObject({ runAsUsername: 'nobody' });
  expect(made({ runAsUser: 5 }, {}, { username: 'nobody' }).runAsUsername).toBeUndefined();
  expect(made({ runAsGroup: 7 }, { runAsGroup: 8 }).runAsGroup).toEqual({ value: 8 });
  expect(made({ seccompProfile: { type: 'RuntimeDefault' } }).seccomp).toEqual({
    profileType: 'RuntimeDefault',
  });
  expect(
    made({ seccompProfile: { type: 'RuntimeDefault' } }, { seccompProfile: { type: 'Unconfined' } }).seccomp,
  ).toEqual({ profileType: 'Unconfined' });
});

test('fsGroup and supplemental groups are the groups of all', () => {
  expect(made({ fsGroup: 2000, supplementalGroups: [3000, 2000] }).supplementalGroups).toEqual([2000, 3000]);
  expect(made({}).supplementalGroups).toBeUndefined();
});

test('what is asked for is passed on', () => {
  const own = {
    privileged: true,
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
    procMount: 'Unmasked',
    seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' },
  } as const;
  expect(made({}, own as unknown as OwnContext)).toMatchObject({
    privileged: true,
    readonlyRootfs: true,
    noNewPrivs: true,
    capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] },
    maskedPaths: [],
    readonlyPaths: [],
    seccomp: { profileType: 'Localhost', localhostRef: '/seccomp/p.json' },
  });
  expect(made({})).toMatchObject({
    privileged: false,
    noNewPrivs: false,
    seccomp: { profileType: 'Unconfined' },
  });
  expect(made({}).maskedPaths).toContain('/proc/kcore');
});

test('AppArmor comes from the field, else from the annotation of the container', () => {
  const container = containerOf();
  const of = (value: string) => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': value };
    const pod = podOf({ containers: [container] }, { annotations });
    return containerSecurityContext(pod, container, { seccompRoot: '', image: {} }).apparmor;
  };
  expect(of('runtime/default')).toEqual({ profileType: 'RuntimeDefault' });
  expect(of('unconfined')).toEqual({ profileType: 'Unconfined' });
  expect(of('localhost/mine')).toEqual({ profileType: 'Localhost', localhostRef: 'mine' });
  expect(made({}).apparmor).toBeUndefined();
});

test('namespaces are shared as the pod says; an ephemeral container sees those of its target', () => {
  expect(namespaceOptions(podOf())).toEqual({ network: 'POD', pid: 'CONTAINER', ipc: 'POD' });
  const host = podOf({ hostNetwork: true, hostPID: true, hostIPC: true });
  expect(namespaceOptions(host)).toEqual({ network: 'NODE', pid: 'NODE', ipc: 'NODE' });
  expect(namespaceOptions(podOf({ shareProcessNamespace: true })).pid).toBe('POD');
  const options = { seccompRoot: '', image: {}, targetId: 'abc' };
  expect(containerSecurityContext(podOf(), containerOf(), options).namespaceOptions).toEqual({
    network: 'POD',
    pid: 'TARGET',
    targetId: 'abc',
    ipc: 'POD',
  });
});

test('a sandbox is privileged when one of its containers is', () => {
  const privileged = containerOf({ securityContext: { privileged: true } });
  expect(sandboxSecurityContext(podOf({ containers: [containerOf(), privileged] }), '').privileged).toBe(
    true,
  );
  expect(sandboxSecurityContext(podOf(), '')).toMatchObject({
    privileged: false,
    seccomp: { profileType: 'RuntimeDefault' },
  });
});

test('a container that must not run as root does not', () => {
  const problem = (podContext: PodContext, own: OwnContext, image: ImageUser) =>
    rootProblem(
      podOf({ ...(podContext && { securityContext: podContext }) }),
      containerOf({ ...(own && { securityContext: own }) }),
      image,
    );
  const where = '(pod: "web_default(uid-1)", container: c)';
  const nonRoot = { runAsNonRoot: true };
  expect(problem({}, {}, { uid: 0 })).toBeUndefined();
  expect(problem(nonRoot, { runAsNonRoot: false }, { uid: 0 })).toBeUndefined();
  expect(problem(nonRoot, {}, { uid: 5 })).toBeUndefined();
  expect(problem({ ...nonRoot, runAsUser: 5 }, {}, { uid: 0 })).toBeUndefined();
  expect(problem(nonRoot, {}, { uid: 0 })).toBe(
    `container has runAsNonRoot and image will run as root ${where}`,
  );
  expect(problem(nonRoot, { runAsUser: 0 }, { uid: 5 })).toBe(
    `container's runAsUser breaks non-root policy ${where}`,
  );
  expect(problem(nonRoot, {}, { username: 'web' })).toBe(
    `container has runAsNonRoot and image has non-numeric user (web), cannot verify user is non-root ${where}`,
  );
});
