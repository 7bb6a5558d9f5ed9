// The way to a node's kubelet endpoint: through the cloudcore that holds the node's connection, which says in a ConfigMap where it is.

import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { Store } from '../../store/store-contract.ts';
import { refuse } from '../status-error.ts';

export interface NodeStreamsOptions {
  readonly store: Store;
  /** PEM: what this server shows to cloudcore. */
  readonly certificate: string;
  readonly key: string;
}

const configMapKey = 'kubeedge/cloudcore-streams';
const connectTimeoutMs = 10_000;

interface StreamServer {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
}

export interface NodeRequest {
  readonly node: string;
  /** As a kubelet serves it, with its query: `/containerLogs/default/p/c?follow=true`. */
  readonly path: string;
}

export class NodeStreams {
  readonly #options: NodeStreamsOptions;

  constructor(options: NodeStreamsOptions) {
    this.#options = options;
  }

  /** A plain GET; the answer's body streams until either side ends it. */
  get(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const server = this.#server(request.node);
    return new Promise((resolve, reject) => {
      const call = httpsRequest(
        {
          host: server.host,
          port: server.port,
          path: pathOf(request),
          method: 'GET',
          agent: false,
          signal,
          ...this.#tls(server),
        },
        resolve,
      );
      call.once('error', (error) => reject(unreachable(request.node, error)));
      call.end();
    });
  }

  /** A raw connection on which the caller writes its own request. */
  connect(node: string): Promise<TLSSocket> {
    const server = this.#server(node);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: server.host, port: server.port, ...this.#tls(server) }, () => {
        socket.setTimeout(0);
        socket.off('error', fail);
        resolve(socket);
      });
      const fail = (error: Error) => reject(unreachable(node, error));
      socket.once('error', fail);
      socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('it did not answer in time')));
    });
  }

  #tls({ ca }: StreamServer) {
    return { ca, cert: this.#options.certificate, key: this.#options.key };
  }

  #server(node: string): StreamServer {
    const entry = this.#options.store.latest('configmaps', configMapKey);
    const { data = {} } = entry
      ? (JSON.parse(Buffer.from(entry.value).toString('utf8')) as { data?: Record<string, string> })
      : {};
    for (const text of Object.values(data)) {
      const server = readServer(text);
      if (server) return server;
    }
    throw refuse.unavailable(`no cloudcore has said how to reach node ${node}; is it running?`);
  }
}

export function pathOf({ node, path }: NodeRequest): string {
  return `/nodes/${encodeURIComponent(node)}${path}`;
}

function readServer(text: string): StreamServer | undefined {
  try {
    const { url, caBundle } = JSON.parse(text) as { url: string; caBundle: string };
    const { hostname, port } = new URL(url);
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      ca: Buffer.from(caBundle, 'base64').toString(),
    };
  } catch {
    return undefined; // a key that somebody else wrote
  }
}

function unreachable(node: string, error: Error) {
  return refuse.internal(
    `error dialing backend: the cloud could not be asked for node ${node}: ${error.message}`,
  );
}
