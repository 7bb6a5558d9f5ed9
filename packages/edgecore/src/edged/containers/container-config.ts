// What a container is made with, once its image, environment and mounts are known.

import type { Container } from '@selvedge/kubernetes';
import type { ContainerConfig, Mount } from '../cri/cri.gen.ts';
import { containerHash, type EdgePod, namespaceOf, specOf } from '../pods/pod-spec.ts';
import {
  backoffStepAnnotation,
  containerHashAnnotation,
  containerNameLabel,
  podGracePeriodAnnotation,
  podNameLabel,
  podNamespaceLabel,
  podUidLabel,
  portsAnnotation,
  preStopAnnotation,
  restartCountAnnotation,
  terminationMessagePathAnnotation,
  terminationMessagePolicyAnnotation,
} from '../runtime/labels.ts';
import { expand } from './expansion.ts';
import { containerResources } from './resources.ts';
import { containerSecurityContext, type ImageUser } from './security-context.ts';

export interface ContainerConfigInput {
  readonly pod: EdgePod;
  readonly container: Container;
  readonly attempt: number;
  readonly backoffStep: number;
  /** As the runtime names it. */
  readonly imageRef: string;
  readonly imageUser: ImageUser;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly nodeMemoryBytes: number;
  readonly seccompRoot: string;
  /** Id of the container whose processes this one sees. */
  readonly targetId?: string;
}

export const defaultTerminationMessagePath = '/dev/termination-log';

export function containerConfig(input: ContainerConfigInput): ContainerConfig {
  const { pod, container, attempt, environment } = input;
  const lookUp = (name: string) => environment.get(name);
  return {
    metadata: { name: container.name, attempt },
    image: { image: input.imageRef, userSpecifiedImage: container.image ?? '' },
    command: (container.command ?? []).map((item) => expand(item, lookUp)),
    args: (container.args ?? []).map((item) => expand(item, lookUp)),
    workingDir: container.workingDir ?? '',
    envs: [...environment].map(([key, value]) => ({ key, value })),
    mounts: [...input.mounts],
    labels: {
      [containerNameLabel]: container.name,
      [podNameLabel]: pod.metadata.name,
      [podNamespaceLabel]: namespaceOf(pod),
      [podUidLabel]: pod.metadata.uid,
    },
    annotations: annotations(input),
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: containerResources(pod, container, input.nodeMemoryBytes),
      securityContext: containerSecurityContext(pod, container, {
        seccompRoot: input.seccompRoot,
        image: input.imageUser,
        ...(input.targetId && { targetId: input.targetId }),
      }),
    },
  };
}

/** What must be known to end this container properly even when its pod's specification is gone. */
function annotations({ pod, container, attempt, backoffStep }: ContainerConfigInput): Record<string, string> {
  const grace = specOf(pod).terminationGracePeriodSeconds;
  const preStop = container.lifecycle?.preStop;
  return {
    [containerHashAnnotation]: containerHash(container),
    [restartCountAnnotation]: String(attempt),
    [terminationMessagePathAnnotation]: container.terminationMessagePath ?? defaultTerminationMessagePath,
    [terminationMessagePolicyAnnotation]: container.terminationMessagePolicy ?? 'File',
    ...(grace !== undefined && { [podGracePeriodAnnotation]: String(grace) }),
    ...(preStop && { [preStopAnnotation]: JSON.stringify(preStop) }),
    ...(container.ports && { [portsAnnotation]: JSON.stringify(container.ports) }),
    ...(backoffStep > 0 && { [backoffStepAnnotation]: String(backoffStep) }),
  };
}
