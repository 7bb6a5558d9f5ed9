// Starts the control plane: credentials, store, API server, first objects, then scheduler and controllers beside it.

import { randomUUID } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { systemClock, withoutUndefined } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import { isLoopback } from '@selvedge/kubernetes';
import { certificateToPem, keyToPem } from '@selvedge/pki';
import { Admission } from './apiserver/admission/admission.ts';
import { admissionPlugins } from './apiserver/admission/plugins.ts';
import { startApiServer } from './apiserver/api-server.ts';
import { Authenticator } from './apiserver/authentication/authenticator.ts';
import { ServiceAccountTokens } from './apiserver/authentication/service-account-tokens.ts';
import { Authorizer } from './apiserver/authorization/authorizer.ts';
import { NodeAuthorizer } from './apiserver/authorization/node-authorizer.ts';
import { Rbac } from './apiserver/authorization/rbac.ts';
import { type ApiContext, defaultLimits } from './apiserver/context.ts';
import { CustomResources } from './apiserver/custom/custom-resources.ts';
import { IpRange } from './apiserver/ip-range.ts';
import { Metrics } from './apiserver/metrics.ts';
import { OpenApiDocuments } from './apiserver/openapi/openapi-documents.ts';
import { EncodedEvents } from './apiserver/output/encoded-events.ts';
import { Registry } from './apiserver/registry/registry.ts';
import { ResourceSchemas } from './apiserver/registry/resource-schemas.ts';
import { NodeStreams } from './apiserver/streams/node-streams.ts';
import { type Credentials, loadCredentials } from './bootstrap/credentials.ts';
import { kubeconfigText } from './bootstrap/kubeconfig-file.ts';
import { bootstrapObjects } from './bootstrap/objects.ts';
import { type ControlPlaneConfig, type ControlPlaneOptions, controlPlaneDefaults } from './config.ts';
import { startManager } from './manager-process.ts';
import { sqliteJournal } from './store/sqlite-journal.ts';
import { openStore } from './store/store.ts';
import type { Store } from './store/store-contract.ts';

export interface ControlPlane extends AsyncDisposable {
  /** `https://127.0.0.1:6443`: as the kubeconfig files name it. */
  readonly url: string;
  readonly adminKubeconfig: string;
  readonly cloudcoreKubeconfig: string;
  /** Rejects when the control plane can not go on; resolves when it was stopped. */
  readonly finished: Promise<void>;
}

const clients = {
  admin: { organizations: ['system:masters'], commonName: 'kubernetes-admin' },
  manager: { commonName: 'system:kube-controller-manager' },
  cloudcore: { commonName: 'system:cloudcore' },
} as const;

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const config = controlPlaneConfig(options);
  const { logger, clock = systemClock, signal } = options;
  await using stack = new AsyncDisposableStack();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  await chmod(config.dataDir, 0o700);
  const range = new IpRange(config.serviceCidr);
  const credentials = await loadCredentials({
    directory: join(config.dataDir, 'pki'),
    hosts: serverHosts(config, range),
    clients,
    nowMs: clock.now(),
  });
  const store = await openStore({ journal: sqliteJournal(join(config.dataDir, 'store.db')), logger });
  stack.use(store);
  // Loading a large store takes a while: who wants the end by then does not wait for the rest.
  signal?.throwIfAborted();
  const context = makeContext({ config, store, range, credentials, logger, clock });
  stack.use(new CustomResources(context));
  const audiences = [config.serviceAccountIssuer];
  const front = await startApiServer({
    context,
    authenticator: new Authenticator({ tokens: context.tokens, audiences }),
    host: config.host,
    port: config.port,
    key: keyToPem(credentials.server.key),
    certificate: certificateToPem(credentials.server.certificate),
    clientCa: certificateToPem(credentials.authority.certificate),
  });
  stack.use(front);
  await bootstrapObjects(context, {
    apiAddress: config.advertise.find((address) => isIP(address) !== 0 && !isLoopback(address)),
    apiPort: front.port,
    serviceAddress: range.at(1),
    objects: options.objects ?? [],
  });
  signal?.throwIfAborted();
  const url = `https://127.0.0.1:${front.port}`;
  const files = writeKubeconfigs(config, credentials, url);
  if (config.manager)
    stack.use(startManager({ kubeconfig: files.manager, logger: logger.with({ part: 'manager' }), clock }));
  logger.info('control plane ready', { url });
  return controlPlane({ url, files, store, stack: stack.move() });
}

function makeContext(parts: {
  config: ControlPlaneConfig;
  store: Store;
  range: IpRange;
  credentials: Credentials;
  logger: ControlPlaneOptions['logger'];
  clock: NonNullable<ControlPlaneOptions['clock']>;
}): ApiContext {
  const { config, store, range, credentials, logger, clock } = parts;
  const issuer = config.serviceAccountIssuer;
  const registry = new Registry();
  const schemas = new ResourceSchemas();
  const authorizer = new Authorizer({ rbac: new Rbac(store), nodes: new NodeAuthorizer(store) });
  const { nodePortRange } = config;
  return {
    store,
    registry,
    schemas,
    openApi: new OpenApiDocuments(registry, schemas),
    clock,
    logger: logger.with({ part: 'apiserver' }),
    admission: new Admission(admissionPlugins({ store, range, nodePortRange, authorizer })),
    authorizer,
    tokens: new ServiceAccountTokens({ key: credentials.serviceAccountKey, issuer, store, clock }),
    nodeStreams: new NodeStreams({
      store,
      certificate: certificateToPem(credentials.kubeletClient.certificate),
      key: keyToPem(credentials.kubeletClient.key),
    }),
    metrics: new Metrics(),
    encodedEvents: new EncodedEvents(defaultLimits.maxEncodedEventBytes),
    randomUuid: randomUUID,
    limits: defaultLimits,
  };
}

function serverHosts({ advertise, host }: ControlPlaneConfig, range: IpRange): string[] {
  const cluster = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  const own = host === '0.0.0.0' || host === '::' ? [] : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', ...cluster, range.at(1), ...own, ...advertise])];
}

interface KubeconfigFiles {
  readonly admin: string;
  readonly manager: string;
  readonly cloudcore: string;
}

function writeKubeconfigs(
  config: ControlPlaneConfig,
  credentials: Credentials,
  server: string,
): KubeconfigFiles {
  const files: KubeconfigFiles = {
    admin: config.adminKubeconfig || join(config.dataDir, 'admin.kubeconfig'),
    manager: join(config.dataDir, 'manager.kubeconfig'),
    cloudcore: join(config.dataDir, 'cloudcore.kubeconfig'),
  };
  const authority = credentials.authority.certificate;
  for (const name of ['admin', 'manager', 'cloudcore'] as const) {
    const identity = credentials.clients.get(name);
    if (!identity) continue;
    const user = clients[name].commonName;
    writeFileDurably(files[name], kubeconfigText({ server, authority, user, identity }));
  }
  return files;
}

function controlPlane(parts: {
  url: string;
  files: KubeconfigFiles;
  store: Store;
  stack: AsyncDisposableStack;
}): ControlPlane {
  const { url, files, store, stack } = parts;
  let stopped: () => void = () => undefined;
  const stopping = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const finished = Promise.race([stopping, store.failed]);
  finished.catch(() => undefined);
  return {
    url,
    adminKubeconfig: files.admin,
    cloudcoreKubeconfig: files.cloudcore,
    finished,
    [Symbol.asyncDispose]: async () => {
      await stack.disposeAsync();
      stopped();
    },
  };
}

/** Whoever is told an address of this machine must find the API there: on every address, unless one is named. */
function controlPlaneConfig(options: ControlPlaneOptions): ControlPlaneConfig {
  const config = { ...controlPlaneDefaults, ...withoutUndefined(options) };
  const isAdvertised = config.advertise.length > 0;
  return { ...config, host: options.host ?? (isAdvertised ? '0.0.0.0' : config.host) };
}
