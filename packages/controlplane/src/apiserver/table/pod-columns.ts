// Columns of pods; above all the one word for how a pod is.
// Source: k8s.io/kubernetes/pkg/printers/internalversion (printPod).

import type { ContainerStatus, KubeObject, Pod } from '@selvedge/kubernetes';
import { metaOf } from '../object-meta.ts';
import { humanDuration } from './age.ts';
import type { Column } from './column.ts';
import { column, wide } from './column-parts.ts';

export function podColumns(age: Column): Column[] {
  return [
    column('Ready', (object) => readyText(object as Pod)),
    column('Status', (object) => statusOf(object)),
    column('Restarts', (object, nowMs) => restartsText(object as Pod, nowMs)),
    age,
    wide('IP', (object) => (object as Pod).status?.podIP || '<none>'),
    wide('Node', (object) => (object as Pod).spec?.nodeName || '<none>'),
    wide('Nominated Node', (object) => (object as Pod).status?.nominatedNodeName || '<none>'),
    wide('Readiness Gates', (object) => gatesText(object as Pod)),
  ];
}

function readyText({ spec, status }: Pod): string {
  const statuses = status?.containerStatuses ?? [];
  const ready = statuses.filter((one) => one.ready && one.state?.running).length;
  return `${ready}/${spec?.containers.length ?? 0}`;
}

function statusOf(object: KubeObject): string {
  const { status, spec } = object as Pod;
  let reason = status?.reason || status?.phase || 'Unknown';
  const initializing = initReason(object as Pod);
  if (initializing !== undefined) reason = initializing;
  else {
    let running = false;
    for (const one of [...(status?.containerStatuses ?? [])].reverse()) {
      if (one.ready && one.state?.running) running = true;
      reason = containerReason(one) ?? reason;
    }
    if (reason === 'Completed' && running) {
      const ready = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
      reason = ready ? 'Running' : 'NotReady';
    }
  }
  if (!metaOf(object).deletionTimestamp) return reason;
  if (status?.reason === 'NodeLost') return 'Unknown';
  const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return finished && spec ? reason : 'Terminating';
}

function containerReason({ state }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason) return state.waiting.reason;
  const ended = state?.terminated;
  if (!ended) return undefined;
  return ended.reason || (ended.signal ? `Signal:${ended.signal}` : `ExitCode:${ended.exitCode}`);
}

/** Undefined once all init containers have done their work. */
function initReason({ spec, status }: Pod): string | undefined {
  const total = spec?.initContainers?.length ?? 0;
  for (const [index, one] of (status?.initContainerStatuses ?? []).entries()) {
    if (one.state?.terminated?.exitCode === 0) continue;
    const sidecar = spec?.initContainers?.[index]?.restartPolicy === 'Always';
    if (sidecar && one.started) continue;
    const ended = one.state?.terminated;
    if (ended) return `Init:${containerReason(one)}`;
    const waiting = one.state?.waiting?.reason;
    return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function restartsText({ status }: Pod, nowMs: number): string {
  const statuses = status?.containerStatuses ?? [];
  const restarts = statuses.reduce((sum, one) => sum + one.restartCount, 0);
  const ends = statuses.map((one) => Date.parse(String(one.lastState?.terminated?.finishedAt ?? '')));
  const last = Math.max(...ends.filter((time) => !Number.isNaN(time)));
  return restarts > 0 && Number.isFinite(last)
    ? `${restarts} (${humanDuration(nowMs - last)} ago)`
    : String(restarts);
}

function gatesText({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const isTrue = (type: string) =>
    status?.conditions?.some((one) => one.type === type && one.status === 'True');
  return `${gates.filter((gate) => isTrue(gate.conditionType)).length}/${gates.length}`;
}
