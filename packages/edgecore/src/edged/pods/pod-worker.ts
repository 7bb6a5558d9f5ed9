// The life of one pod on the node: again and again the wanted pod is compared with what runs, until nothing is left to do.

import { Backoff, describeError, type TimerHandle } from '@selvedge/base';
import { startContainer } from '../containers/start-container.ts';
import { stopContainer } from '../containers/stop-container.ts';
import type { EdgedContext } from '../edged-context.ts';
import type { PodRuntimeState } from '../runtime/pod-runtime-cache.ts';
import { StartFault } from '../start-fault.ts';
import { admit } from './admission.ts';
import { type ContainerToStart, computePodActions, type PodActions } from './pod-actions.ts';
import { killPod, removeDead, removePod } from './pod-cleanup.ts';
import { ensureSandbox } from './pod-sandbox.ts';
import { allContainers, describePod, type EdgePod, isBeingDeleted, specOf } from './pod-spec.ts';
import { isTerminal, reportedContainer } from './pod-status.ts';
import { goDuration } from './restart-backoff.ts';
import { StatusReporter } from './status-reporter.ts';

export interface PodWorkerOptions {
  readonly context: EdgedContext;
  readonly pod: EdgePod;
  /** The pods already taken that have not ended, without this one. */
  readonly others: () => readonly EdgePod[];
  /** Nothing of the pod is left: the worker is to be forgotten. */
  readonly onGone: () => void;
}

const retryStartMs = 10_000;
const firstRetryMs = 500;
const longestRetryMs = 120_000;

export class PodWorker implements AsyncDisposable {
  readonly #options: PodWorkerOptions;
  readonly #context: EdgedContext;
  readonly #reporter: StatusReporter;
  #pod: EdgePod;
  /** Gone from the store: nobody is to be told when it has ended. */
  #orphaned = false;
  #dirty = false;
  #running: Promise<void> | undefined;
  #abort = new AbortController();
  #timer: TimerHandle | undefined;
  #wakeAtMs: number | undefined;
  #failures = 0;
  readonly #startRetry = new Backoff({ initialMs: firstRetryMs, maxMs: longestRetryMs, jitter: 0 });
  /** When the sandbox or the volumes, which could not be had, are tried again. */
  #retryStartAtMs = 0;
  #ended = false;

  constructor(options: PodWorkerOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#pod = options.pod;
    this.#reporter = new StatusReporter(options.context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    this.#abort.abort();
    await this.#running;
  }

  get pod(): EdgePod {
    return this.#pod;
  }

  get isOrphan(): boolean {
    return this.#orphaned;
  }

  /** The wanted pod has changed. A deletion, or a shorter grace, interrupts what is being done. */
  update(pod: EdgePod): void {
    const before = this.#pod;
    this.#pod = pod;
    const deletedNow = isBeingDeleted(pod) && !isBeingDeleted(before);
    if (deletedNow || graceOf(pod) < graceOf(before)) this.#interrupt();
    this.#context.volumes.podChanged(pod);
    this.retryStart();
    this.poke();
  }

  /** Something that the pod's start may have failed for has changed. */
  retryStart(): void {
    if (this.#retryStartAtMs === 0) return;
    this.#startRetry.reset();
    this.#retryStartAtMs = 0;
    this.poke();
  }

  /** Nobody wants the pod any more. */
  orphan(): void {
    if (this.#orphaned) return;
    this.#orphaned = true;
    if (!isBeingDeleted(this.#pod)) this.#interrupt();
    this.poke();
  }

  /** Something may have changed: look again, after what is being done. */
  poke(): void {
    this.#dirty = true;
    if (this.#running || this.#ended) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#dirty && !this.#ended) this.poke();
    });
  }

  #interrupt(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    while (this.#dirty && !this.#ended) {
      this.#dirty = false;
      this.#timer?.cancel();
      this.#wakeAtMs = undefined;
      const { signal } = this.#abort;
      try {
        await this.#pass(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) continue;
        this.#failures++;
        const retryMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1));
        this.#context.logger.warn('pod-pass-failed', {
          pod: describePod(this.#pod),
          error: describeError(error),
          retryMs,
        });
        this.#wakeAfter(retryMs);
      }
    }
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { cache, probes } = this.#context;
    if (cache.failure !== undefined) return; // its recovery pokes again
    const pod = this.#pod;
    const state = cache.pod(pod.metadata.uid);
    if (this.#orphaned || isBeingDeleted(pod)) return this.#terminate(pod, state, signal);
    probes.update(pod, state);
    if (this.#rejected(pod, state)) return this.#settle(pod, state);
    const status = await this.#reporter.report(pod, state);
    if (isTerminal(status) || this.#pastDeadline(pod, state, status.startTime))
      return this.#settle(pod, state);
    await this.#act(pod, state, signal);
  }

  /** Asked once: a pod that has a status here was taken before. */
  #rejected(pod: EdgePod, state: PodRuntimeState | undefined): boolean {
    if (state || this.#reporter.reported(pod)) return false;
    const { store, settings, events } = this.#context;
    const { allocatable, maxPods } = settings;
    const rejection = admit({
      pod,
      others: this.#options.others(),
      node: store.node(),
      allocatable,
      maxPods,
    });
    if (!rejection) return false;
    events.pod(pod, 'Warning', rejection.reason, rejection.message);
    this.#reporter.fail(pod, state, rejection.reason, `Pod was rejected: ${rejection.message}`);
    return true;
  }

  #pastDeadline(pod: EdgePod, state: PodRuntimeState | undefined, startTime: string | undefined): boolean {
    const { activeDeadlineSeconds } = specOf(pod);
    if (activeDeadlineSeconds === undefined || startTime === undefined) return false;
    const leftMs = Date.parse(startTime) + activeDeadlineSeconds * 1_000 - this.#context.clock.now();
    if (leftMs > 0) {
      this.#wakeAfter(leftMs);
      return false;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#context.events.pod(pod, 'Normal', 'DeadlineExceeded', message);
    this.#reporter.fail(pod, state, 'DeadlineExceeded', message);
    return true;
  }

  /** The pod has done its work or never will: nothing of it runs, but its containers stay to be looked at. */
  async #settle(pod: EdgePod, state: PodRuntimeState | undefined): Promise<void> {
    const { cache, volumes, probes } = this.#context;
    const { uid } = pod.metadata;
    const active =
      state?.containers.some((item) => item.state === 'running') ||
      state?.sandboxes.some((item) => item.ready);
    if (active) {
      await killPod({ context: this.#context, pod, state });
      await cache.relist();
      this.#dirty = true;
      return;
    }
    probes.removePod(uid);
    await volumes.unmountVolumes(uid);
    if (state) await removeDead(this.#context, state);
  }

  async #act(pod: EdgePod, state: PodRuntimeState | undefined, signal: AbortSignal): Promise<void> {
    const { cache, probes, volumes } = this.#context;
    if (state?.sandboxes.some((sandbox) => sandbox.ready)) volumes.adopt(pod);
    const reportedStarts = (name: string) => this.#reportedStarts(pod, name);
    const actions = computePodActions({ pod, state, probes, reportedStarts });
    if (actions.killPod) {
      await this.#killForNewSandbox(pod, state, actions);
      if (!actions.createSandbox) return;
    }
    if (actions.kill.length > 0) {
      for (const { status, message, reason } of actions.kill) {
        const graceS = this.#probeGrace(pod, status.name, reason);
        const grace = graceS === undefined ? {} : { graceS };
        const { id: containerId, name } = status;
        await stopContainer({ context: this.#context, pod, containerId, name, message, signal, ...grace });
        if (status.state === 'created') await this.#context.runtime.removeContainer(containerId);
      }
      await cache.relist();
      this.#dirty = true;
      return;
    }
    if (actions.start.length > 0) await this.#start(pod, state, actions, signal);
    const fresh = cache.pod(pod.metadata.uid);
    if (fresh) await removeDead(this.#context, fresh);
  }

  async #killForNewSandbox(
    pod: EdgePod,
    state: PodRuntimeState | undefined,
    actions: PodActions,
  ): Promise<void> {
    if (!state?.sandboxes.length) return;
    const { events, cache } = this.#context;
    if (actions.createSandbox) {
      events.pod(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    }
    await killPod({ context: this.#context, pod, state });
    for (const { id } of state.sandboxes) await this.#context.runtime.stopSandbox(id);
    await cache.relist();
  }

  /** A probe may shorten the grace of the container that it ends. */
  #probeGrace(pod: EdgePod, name: string, reason: string): number | undefined {
    const container = allContainers(pod).find((item) => item.container.name === name)?.container;
    if (reason === 'liveness') return container?.livenessProbe?.terminationGracePeriodSeconds;
    return reason === 'startup' ? container?.startupProbe?.terminationGracePeriodSeconds : undefined;
  }

  async #start(
    pod: EdgePod,
    state: PodRuntimeState | undefined,
    actions: PodActions,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#context;
    const due = actions.start.filter((start) => !this.#backsOff(pod, start));
    const leftMs = this.#retryStartAtMs - clock.now();
    if (leftMs > 0) this.#wakeAfter(leftMs);
    else if (due.length > 0) {
      try {
        const sandbox = await ensureSandbox(this.#context, pod, actions);
        if (actions.createSandbox) await this.#context.cache.relist();
        this.#startRetry.reset();
        this.#retryStartAtMs = 0;
        for (const start of due) await this.#startOne(pod, start, sandbox, signal);
      } catch (error) {
        if (!(error instanceof StartFault)) throw error;
        const delayMs = this.#startRetry.next();
        this.#retryStartAtMs = clock.now() + delayMs;
        this.#wakeAfter(delayMs);
      }
      await this.#context.cache.relist();
      this.#dirty ||= this.#context.cache.pod(pod.metadata.uid) !== state;
    }
    await this.#reporter.report(pod, this.#context.cache.pod(pod.metadata.uid));
  }

  #backsOff(pod: EdgePod, start: ContainerToStart): boolean {
    const { clock, events } = this.#context;
    const { name } = start.container;
    const leftMs = start.backoff.notBeforeMs - clock.now();
    if (start.backoff.delayMs === 0 || leftMs <= 0) return false;
    const who = describePod(pod);
    const message = `back-off ${goDuration(start.backoff.delayMs)} restarting failed container=${name} pod=${who}`;
    if (this.#reporter.waiting.get(name)?.message !== message) {
      events.pod(
        pod,
        'Warning',
        'BackOff',
        `Back-off restarting failed container ${name} in pod ${who}`,
        name,
      );
      this.#reporter.waiting.set(name, { reason: 'CrashLoopBackOff', message });
    }
    this.#wakeAfter(leftMs);
    return true;
  }

  async #startOne(
    pod: EdgePod,
    start: ContainerToStart,
    sandbox: Awaited<ReturnType<typeof ensureSandbox>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { name } = start.container;
    try {
      await startContainer({ context: this.#context, pod, start, sandbox, signal });
      this.#reporter.waiting.delete(name);
    } catch (error) {
      if (!(error instanceof StartFault)) throw error;
      this.#reporter.waiting.set(name, { reason: error.reason, message: error.message });
      const { clock } = this.#context;
      const untilRetryMs = error.retryAtMs === undefined ? retryStartMs : error.retryAtMs - clock.now();
      this.#wakeAfter(error.reason === 'ErrImagePull' ? firstRetryMs : untilRetryMs);
    }
  }

  async #terminate(pod: EdgePod, state: PodRuntimeState | undefined, signal: AbortSignal): Promise<void> {
    const { cache, probes, store } = this.#context;
    probes.update(pod, state, ['readiness']);
    if (!this.#orphaned) await this.#reporter.report(pod, state);
    const graceS = Number.isFinite(graceOf(pod)) ? { graceS: graceOf(pod) } : {};
    await killPod({ context: this.#context, pod, state, signal, ...graceS });
    await cache.relist();
    probes.removePod(pod.metadata.uid);
    const ended = cache.pod(pod.metadata.uid);
    if (!this.#orphaned) await this.#reporter.report(pod, ended);
    await removePod(this.#context, pod, ended);
    await cache.relist();
    if (!this.#orphaned) store.podTerminated(pod);
    this.#ended = true;
    this.#timer?.cancel();
    this.#options.onGone();
  }

  #reportedStarts(pod: EdgePod, name: string): number {
    const known = reportedContainer(this.#reporter.reported(pod), name);
    return known?.containerID ? (known.restartCount ?? 0) + 1 : (known?.restartCount ?? 0);
  }

  /** The earliest of the moments asked for since the last pass. */
  #wakeAfter(delayMs: number): void {
    const { clock } = this.#context;
    const wakeAtMs = clock.now() + Math.max(0, delayMs);
    if (this.#ended || (this.#wakeAtMs !== undefined && this.#wakeAtMs <= wakeAtMs)) return;
    this.#timer?.cancel();
    this.#wakeAtMs = wakeAtMs;
    this.#timer = clock.after(wakeAtMs - clock.now(), () => this.poke());
  }
}

/** Seconds that a pod being deleted still has; without end for others. */
function graceOf(pod: EdgePod): number {
  if (!isBeingDeleted(pod)) return Number.POSITIVE_INFINITY;
  return pod.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY;
}
