// The whole agent against a cloud in this process, on a machine where no container runtime answers.

import { expect, test } from 'bun:test';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@selvedge/base';
import type { Node } from '@selvedge/kubernetes';
import { replyTo } from '@selvedge/wire';
import { edgeCoreConfig } from './config.ts';
import { writeConfig } from './config-file.ts';
import { startEdgeCore } from './edgecore.ts';
import { writeIdentity } from './join/identity-files.ts';
import { notFound } from './test-cloud/objects.ts';
import { TestCloud } from './test-cloud/test-cloud.ts';

class Machine implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'edgecore-'));
  readonly socket = join(this.directory, 'runtime.sock');
  readonly cloud: TestCloud;

  constructor(cloud: TestCloud) {
    this.cloud = cloud;
    writeIdentity(edgeCoreConfig({ directory: this.directory }), cloud.identity('edge-1'));
  }

  static async start(): Promise<Machine> {
    return new Machine(await TestCloud.start({ capabilities: 'pipeline, digest, lease' }));
  }

  startAgent() {
    writeConfig(this.directory, {
      nodeName: 'edge-1',
      nodeIp: '127.0.0.1',
      hubEndpoints: [`127.0.0.1:${this.cloud.port}`],
      runtimeEndpoint: this.socket,
      podLogDirectory: join(this.directory, 'logs'),
    });
    return startEdgeCore({ directory: this.directory, logger: silentLogger });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud[Symbol.asyncDispose]();
    rmSync(this.directory, { recursive: true });
  }
}

test('with its runtime down a node connects and says why it is not ready', async () => {
  await using machine = await Machine.start();
  const connecting = machine.cloud.connection();
  await using _ = await machine.startAgent();
  const connection = await connecting;
  const ofNode = (operation: string) =>
    connection.message(
      ({ route }) => route.resource === 'default/node/edge-1' && route.operation === operation,
    );
  const query = await ofNode('query');
  const stamps = { newId: randomUUID, nowMs: () => Date.now() };
  connection.send(replyTo(stamps, query, notFound, { source: 'edgecontroller', group: 'resource' }));
  const { content } = await ofNode('insert');
  expect((content as Node).status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'Ready',
      status: 'False',
      message: expect.stringContaining(`container runtime is down: rpc error: code = Unavailable`),
    }),
  );
});

test('an agent whose runtime takes calls and never answers ends when it is asked to', async () => {
  await using machine = await Machine.start();
  const asked = Promise.withResolvers<void>();
  const runtime = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => asked.resolve());
  });
  await new Promise<void>((resolve) => runtime.listen(machine.socket, resolve));
  const connecting = machine.cloud.connection();
  const agent = await machine.startAgent();
  await Promise.all([connecting, asked.promise]);
  await agent[Symbol.asyncDispose]();
  await agent.finished;
  await new Promise((resolve) => runtime.close(resolve));
});
