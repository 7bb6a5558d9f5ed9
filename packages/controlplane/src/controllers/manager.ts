// The manager: scheduler and controllers over shared informers, as one thing that runs until it is told to stop.

import { type Clock, describeError, type Logger, systemClock } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import { runScheduler } from '../scheduler/scheduler.ts';
import { runDaemonSetController } from './daemonset/controller.ts';
import { runDeploymentController } from './deployment/controller.ts';
import { runDisruptionController } from './disruption/controller.ts';
import { runEndpointSliceController } from './endpointslice/controller.ts';
import { runGarbageCollector } from './garbagecollector/controller.ts';
import { runJobController } from './job/controller.ts';
import type { Controller, ControllerContext } from './machinery/controller.ts';
import { EventRecorder } from './machinery/event-recorder.ts';
import { allSynced, createSharedInformers } from './machinery/shared-informers.ts';
import { runNamespaceController } from './namespace/controller.ts';
import { runNodeLifecycleController } from './nodelifecycle/controller.ts';
import { runPodGarbageCollector } from './podgc/controller.ts';
import { runReplicaSetController } from './replicaset/controller.ts';
import { runServiceAccountController } from './serviceaccount/controller.ts';

export interface ManagerOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** PEM of the CA of the API server's certificate, published in every namespace. */
  readonly rootCa: string;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Called once when all informers are synced and every controller runs. */
  readonly onReady?: () => void;
}

/** Resolves when the signal has aborted and everything has ended; rejects when a controller fails for good. */
export async function runManager(options: ManagerOptions): Promise<void> {
  const { client, logger, signal, rootCa, clock = systemClock, random = Math.random } = options;
  const stop = new AbortController();
  const forward = () => stop.abort();
  if (signal.aborted) return;
  signal.addEventListener('abort', forward, { once: true });
  const { informers, run } = createSharedInformers({ client, clock, random, logger });
  const events = new EventRecorder({ client, clock, random, logger });
  const context: ControllerContext = { client, clock, random, logger, informers, events };
  const running = [run(stop.signal)];
  await Promise.race([allSynced(informers), aborted(stop.signal)]);
  if (!stop.signal.aborted) {
    const all: Record<string, Controller> = {
      scheduler: runScheduler,
      deployment: runDeploymentController,
      replicaset: runReplicaSetController,
      daemonset: runDaemonSetController,
      job: runJobController,
      endpointslice: runEndpointSliceController,
      disruption: runDisruptionController,
      nodelifecycle: runNodeLifecycleController,
      podgc: runPodGarbageCollector,
      garbagecollector: runGarbageCollector,
      namespace: runNamespaceController,
      serviceaccount: (given, until) => runServiceAccountController(given, rootCa, until),
    };
    for (const [name, controller] of Object.entries(all)) {
      running.push(
        controller(context, stop.signal).catch((error: unknown) => {
          logger.error('controller failed', { controller: name, error: describeError(error) });
          stop.abort();
          throw error;
        }),
      );
    }
    logger.info('manager runs', { controllers: Object.keys(all).join(',') });
    options.onReady?.();
  }
  const results = await Promise.allSettled(running);
  signal.removeEventListener('abort', forward);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
