// Which container's log is meant by a container's name, and what to say when there is none.

import type { ContainerStatus as ApiContainerStatus } from '@selvedge/kubernetes';
import type { EdgedContext } from '../edged-context.ts';
import { type EdgePod, namespaceOf } from '../pods/pod-spec.ts';
import { reportedContainer } from '../pods/pod-status.ts';
import { HttpProblem } from './http-problem.ts';

export interface LoggedContainer {
  readonly id: string;
  readonly path: string;
}

/** Throws an HttpProblem in a kubelet's words. */
export function loggedContainer(
  context: EdgedContext,
  pod: EdgePod,
  containerName: string,
  previous: boolean,
): LoggedContainer {
  const known = context.store.podStatus(namespaceOf(pod), pod.metadata.name);
  const status = known?.uid === pod.metadata.uid ? known.status : undefined;
  const chosen = chooseContainer(reportedContainer(status, containerName), {
    podName: pod.metadata.name,
    containerName,
    previous,
  });
  const id = chosen.replace(/^[^:]+:\/\//, '');
  const found = context.cache.pod(pod.metadata.uid)?.containers.find((container) => container.id === id);
  if (!found) throw new HttpProblem(400, `unable to retrieve container logs for ${chosen}`);
  return { id, path: found.logPath };
}

/** The id of the container, as its status has it. Pure. */
export function chooseContainer(
  status: ApiContainerStatus | undefined,
  asked: { readonly podName: string; readonly containerName: string; readonly previous: boolean },
): string {
  const who = `container "${asked.containerName}" in pod "${asked.podName}"`;
  if (!status) throw new HttpProblem(400, `${who} is not available`);
  const last = status.lastState?.terminated?.containerID;
  if (asked.previous) {
    if (last) return last;
    throw new HttpProblem(400, `previous terminated ${who} not found`);
  }
  const { running, terminated, waiting } = status.state ?? {};
  if (running && status.containerID) return status.containerID;
  if (terminated?.containerID) return terminated.containerID;
  if (last) return last;
  if (terminated) throw new HttpProblem(400, `${who} is terminated`);
  if (!waiting) throw new HttpProblem(400, `${who} is waiting to start - no logs yet`);
  throw new HttpProblem(400, `${who} is waiting to start: ${waitingWords(waiting.reason)}`);
}

function waitingWords(reason: string | undefined): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : (reason ?? '');
}
