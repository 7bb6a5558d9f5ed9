// The parts of Kubernetes' kinds that defaulting touches, as decoding leaves them: no nulls where a field is optional.

import type * as core from 'kubernetes-types/core/v1';

export type Container = Partial<core.Container>;
export type ProbeLike = core.Probe;
export type HandlerLike = Pick<core.Probe, 'httpGet' | 'grpc'>;
export type VolumeLike = core.Volume;

export interface PodSpecLike
  extends Omit<Partial<core.PodSpec>, 'containers' | 'initContainers' | 'ephemeralContainers'> {
  /** Null where the request had none: a required list. */
  containers?: Container[] | null;
  initContainers?: Container[];
  ephemeralContainers?: Container[];
}

export interface PodLike {
  spec: PodSpecLike;
  status?: Pick<core.PodStatus, 'podIP' | 'podIPs'>;
}

export interface TemplateLike {
  spec: PodSpecLike;
}
