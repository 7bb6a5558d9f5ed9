import { expect, test } from 'bun:test';
import type { ContainerStatus } from '@selvedge/kubernetes';
import { HttpProblem } from './http-problem.ts';
import { chooseContainer } from './logged-container.ts';

function chosen(status: Partial<ContainerStatus> | undefined, previous = false): string {
  const full = status && { name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, ...status };
  try {
    return chooseContainer(full, { podName: 'web', containerName: 'c', previous });
  } catch (error) {
    return error instanceof HttpProblem ? `${error.status} ${error.message}` : String(error);
  }
}

const who = 'container "c" in pod "web"';
const ended = { terminated: { exitCode: 1, containerID: 'containerd://ended' } };
const running = { running: {} };

test('the running container, else the one that has ended, else the one before', () => {
  expect(chosen({ state: running, containerID: 'containerd://now', lastState: ended })).toBe(
    'containerd://now',
  );
  expect(chosen({ state: ended })).toBe('containerd://ended');
  expect(chosen({ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: ended })).toBe(
    'containerd://ended',
  );
});

test('--previous is the one before, and only that', () => {
  expect(chosen({ state: running, containerID: 'containerd://now', lastState: ended }, true)).toBe(
    'containerd://ended',
  );
  expect(chosen({ state: running, containerID: 'containerd://now' }, true)).toBe(
    `400 previous terminated ${who} not found`,
  );
});

test('where there is no log yet, it is said why', () => {
  const waiting = (reason?: string) => chosen({ state: { waiting: { ...(reason && { reason }) } } });
  expect(chosen(undefined)).toBe(`400 ${who} is not available`);
  expect(chosen({})).toBe(`400 ${who} is waiting to start - no logs yet`);
  expect(waiting('ContainerCreating')).toBe(`400 ${who} is waiting to start: ContainerCreating`);
  expect(waiting('ErrImagePull')).toBe(`400 ${who} is waiting to start: image can't be pulled`);
  expect(waiting('ImagePullBackOff')).toBe(
    `400 ${who} is waiting to start: trying and failing to pull image`,
  );
  expect(chosen({ state: { terminated: { exitCode: 1 } } })).toBe(`400 ${who} is terminated`);
});
