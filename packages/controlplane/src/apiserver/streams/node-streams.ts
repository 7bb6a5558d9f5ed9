// The way to a node's kubelet endpoint: through the cloudcore that holds the node's connection; each says in a ConfigMap where it is.

import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { Store } from '../../store/store-contract.ts';
import { refuse, StatusError } from '../status-error.ts';
import { refusalOf } from './node-refusal.ts';

export interface NodeStreamsOptions {
  readonly store: Pick<Store, 'latest'>;
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
  async get(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#request(await this.#server(request.node), request, signal);
  }

  #request(server: StreamServer, request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
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
  async connect(node: string): Promise<TLSSocket> {
    const server = await this.#server(node);
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

  async #server(node: string): Promise<StreamServer> {
    const servers = this.#published();
    const [only] = servers;
    if (!only) throw refuse.unavailable(`no cloudcore has said how to reach node ${node}; is it running?`);
    return servers.length === 1 ? only : this.#holder(servers, node);
  }

  #published(): StreamServer[] {
    const entry = this.#options.store.latest('configmaps', configMapKey);
    const { data = {} } = entry
      ? (JSON.parse(Buffer.from(entry.value).toString('utf8')) as { data?: Record<string, string> })
      : {};
    return Object.values(data).flatMap((text) => readServer(text) ?? []);
  }

  /** Who holds the node's connection. All are asked at once: one that is gone costs those no time that have an answer. */
  async #holder(servers: readonly StreamServer[], node: string): Promise<StreamServer> {
    const stop = AbortSignal.timeout(connectTimeoutMs);
    const settled = new AbortController();
    const signal = AbortSignal.any([stop, settled.signal]);
    try {
      return await Promise.any(servers.map((server) => this.#ifConnected(server, node, signal)));
    } catch (error) {
      const refusals = (error as AggregateError).errors as unknown[];
      // What a cloudcore says of the node says more than that another can not be reached.
      throw refusals.find((one) => one instanceof StatusError && one.code === 503) ?? refusals[0];
    } finally {
      settled.abort();
    }
  }

  /** The server itself when the node is connected to it; rejects with why not. */
  async #ifConnected(server: StreamServer, node: string, signal: AbortSignal): Promise<StreamServer> {
    const answer = await this.#request(server, { node, path: '' }, signal);
    if (answer.statusCode !== 200) throw await refusalOf(answer);
    answer.resume();
    return server;
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
