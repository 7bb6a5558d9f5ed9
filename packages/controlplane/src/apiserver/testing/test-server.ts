// An API server for tests: the real one over HTTPS with a store on disk, asked as whichever user a test names.

import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@selvedge/base';
import { loadKubeconfig } from '@selvedge/client';
import { type ControlPlane, startControlPlane } from '../../start-control-plane.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const bodyTypes = {
  POST: 'application/json',
  PUT: 'application/json',
  MERGE: 'application/merge-patch+json',
  STRATEGIC: 'application/strategic-merge-patch+json',
  APPLY: 'application/apply-patch+yaml',
} as const;

/** Merge and strategic patches and applies have a method of their own here. */
export type TestMethod = 'GET' | 'DELETE' | keyof typeof bodyTypes;

export interface TestUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

export interface TestAnswer {
  readonly status: number;
  /** Of a refusal: its words. */
  readonly message: string;
  readonly warning: string;
  readonly object: Record<string, unknown> & {
    readonly metadata?: { readonly labels?: object; readonly annotations?: object; readonly uid?: string };
    readonly spec?: Record<string, unknown>;
    readonly status?: Record<string, unknown>;
    readonly items?: ReadonlyArray<{ readonly metadata: { readonly name: string } }>;
  };
}

interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface OpenAnswer extends AsyncDisposable {
  readonly body: AsyncIterable<Uint8Array>;
}

export class TestServer implements AsyncDisposable {
  readonly #directory: string;
  readonly #controlPlane: ControlPlane;
  readonly #tls: ClientTls;

  private constructor(parts: { directory: string; controlPlane: ControlPlane; tls: ClientTls }) {
    this.#directory = parts.directory;
    this.#controlPlane = parts.controlPlane;
    this.#tls = parts.tls;
  }

  static async start(): Promise<TestServer> {
    const directory = await mkdtemp(join(tmpdir(), 'sv-api-'));
    const options = { dataDir: directory, port: 0, logger: silentLogger, manager: false };
    const controlPlane = await startControlPlane(options);
    const { ca = '', cert = '', key = '' } = await loadKubeconfig(controlPlane.adminKubeconfig);
    return new TestServer({ directory, controlPlane, tls: { ca, cert, key } });
  }

  /** The raw answer, for what streams. */
  fetch(
    path: string,
    init: { method?: string; body?: string; headers?: Headers; signal?: AbortSignal } = {},
  ) {
    const options: BunFetchRequestInit = { ...init, tls: this.#tls };
    return fetch(this.#controlPlane.url + path, options);
  }

  /** An answer that is read as it comes. */
  async open(path: string, protocol: 'http1' | 'http2'): Promise<OpenAnswer> {
    if (protocol === 'http1') {
      const leave = new AbortController();
      const { body } = await this.fetch(path, { signal: leave.signal });
      if (!body) throw new Error(`${path}: no body`);
      return { body, [Symbol.asyncDispose]: async () => leave.abort() };
    }
    const session = connect(this.#controlPlane.url, this.#tls);
    const body = session.request({ ':path': path });
    return { body, [Symbol.asyncDispose]: async () => session.destroy() };
  }

  /** Asks as the administrator, or as the user whom the administrator impersonates. */
  async ask(method: TestMethod, path: string, body?: unknown, user?: TestUser): Promise<TestAnswer> {
    const headers = new Headers();
    if (user) headers.set('Impersonate-User', user.name);
    for (const group of user?.groups ?? []) headers.append('Impersonate-Group', group);
    if (method in bodyTypes) headers.set('Content-Type', bodyTypes[method as 'POST']);
    const isPatch = ['MERGE', 'STRATEGIC', 'APPLY'].includes(method);
    const answer = await this.fetch(path, {
      method: isPatch ? 'PATCH' : method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const object = (await answer.json()) as TestAnswer['object'];
    const message = answer.ok ? '' : String(object.message);
    return { status: answer.status, message, warning: answer.headers.get('warning') ?? '', object };
  }

  /** Asks as the administrator what must succeed. */
  async make(method: TestMethod, path: string, body: unknown): Promise<TestAnswer['object']> {
    const { status, message, object } = await this.ask(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${message}`);
    return object;
  }

  /** Gives a user a cluster role of its own. */
  async grant(user: string, rules: readonly object[]): Promise<void> {
    await this.make('POST', `${rbac}/clusterroles`, { metadata: { name: user }, rules });
    await this.make('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: user },
      roleRef: { apiGroup, kind: 'ClusterRole', name: user },
      subjects: [{ kind: 'User', name: user, apiGroup }],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#controlPlane[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
