// Gets an edge of `up` its certificate the way any machine does: with a token, over the join endpoint.

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger } from '@selvedge/base';
import type { KubeClient } from '@selvedge/client';
import { createToken } from '@selvedge/cloudcore';
import { joinCloud } from '@selvedge/edgecore/join';
import { type EdgeMachine, edgecoreSettings } from '../edge-machine/edge-machine.ts';

const tokenLifetimeMs = 10 * 60_000;

export interface JoinEdgeOptions {
  readonly edge: EdgeMachine;
  readonly hubPort: number;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An edge that has joined before keeps its identity. */
export async function joinEdge({ edge, hubPort, client, clock, logger }: JoinEdgeOptions): Promise<void> {
  const hasJoined = await access(join(edge.directory, 'edgecore.json')).then(
    () => true,
    () => false,
  );
  if (hasJoined) return;
  const { token } = await createToken({ client, clock, lifetimeMs: tokenLifetimeMs });
  await joinCloud({
    endpoint: `127.0.0.1:${hubPort}`,
    token,
    nodeName: edge.name,
    directory: edge.directory,
    settings: edgecoreSettings(edge),
    clock,
    logger,
  });
}
