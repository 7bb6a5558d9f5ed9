// The labels and annotations by which a kubelet recognises its sandboxes and containers; part of what survives a restart.

export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const podUidLabel = 'io.kubernetes.pod.uid';
export const containerNameLabel = 'io.kubernetes.container.name';

export const containerHashAnnotation = 'io.kubernetes.container.hash';
export const restartCountAnnotation = 'io.kubernetes.container.restartCount';
export const terminationMessagePathAnnotation = 'io.kubernetes.container.terminationMessagePath';
export const terminationMessagePolicyAnnotation = 'io.kubernetes.container.terminationMessagePolicy';
export const preStopAnnotation = 'io.kubernetes.container.preStopHandler';
export const portsAnnotation = 'io.kubernetes.container.ports';
export const podGracePeriodAnnotation = 'io.kubernetes.pod.terminationGracePeriod';
/** Ours: how many back-offs in a row came before this start. */
export const backoffStepAnnotation = 'selvedge.io/restart-backoff-step';
