// The control plane's options, with all defaults and the table of flags that sets them from a command line.

import type { Clock, Logger } from '@selvedge/base';
import type { KubeObject } from '@selvedge/kubernetes';

export interface ControlPlaneConfig {
  /** Where the store, keys and kubeconfig files live; made with mode 0700. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Further addresses and names under which the API is reached; they go into the server's certificate. */
  readonly advertise: readonly string[];
  readonly serviceCidr: string;
  readonly nodePortRange: string;
  /** What service-account tokens name as their issuer and are, by default, meant for. */
  readonly serviceAccountIssuer: string;
  /** Where the administrator's kubeconfig is written; `admin.kubeconfig` in the data dir when empty. */
  readonly adminKubeconfig: string;
  /** Whether scheduler and controllers run beside the API server. */
  readonly manager: boolean;
}

export interface ControlPlaneOptions extends Partial<Omit<ControlPlaneConfig, 'dataDir'>> {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** What the cluster has from its first minute besides its own: definitions and roles of the programs that use it. */
  readonly objects?: readonly KubeObject[];
  /** Gives up a start that is under way; what has started is stopped by disposal. */
  readonly signal?: AbortSignal;
}

export const controlPlaneDefaults: Omit<ControlPlaneConfig, 'dataDir'> = {
  host: '127.0.0.1',
  port: 6443,
  advertise: [],
  serviceCidr: '10.96.0.0/12',
  nodePortRange: '30000-32767',
  serviceAccountIssuer: 'https://kubernetes.default.svc.cluster.local',
  adminKubeconfig: '',
  manager: true,
};

export interface ControlPlaneFlag {
  readonly flag: string;
  readonly environment: string;
  readonly option: keyof ControlPlaneConfig;
  readonly type: 'string' | 'integer' | 'list' | 'boolean';
  readonly range?: readonly [number, number];
  readonly doc: string;
}

export const controlPlaneFlags: readonly ControlPlaneFlag[] = [
  {
    flag: 'data-dir',
    environment: 'SELVEDGE_DATA_DIR',
    option: 'dataDir',
    type: 'string',
    doc: 'directory for the store, keys and kubeconfig files',
  },
  {
    flag: 'host',
    environment: 'SELVEDGE_API_HOST',
    option: 'host',
    type: 'string',
    doc: 'address to listen on; every address where --advertise is given and this is not',
  },
  {
    flag: 'api-port',
    environment: 'SELVEDGE_API_PORT',
    option: 'port',
    type: 'integer',
    range: [0, 65_535],
    doc: 'port of the Kubernetes API',
  },
  {
    flag: 'advertise',
    environment: 'SELVEDGE_ADVERTISE',
    option: 'advertise',
    type: 'list',
    doc: 'address or name under which others reach this machine',
  },
  {
    flag: 'service-cidr',
    environment: 'SELVEDGE_SERVICE_CIDR',
    option: 'serviceCidr',
    type: 'string',
    doc: 'range of cluster IPs that Services get',
  },
  {
    flag: 'admin-kubeconfig',
    environment: 'SELVEDGE_ADMIN_KUBECONFIG',
    option: 'adminKubeconfig',
    type: 'string',
    doc: "where the administrator's kubeconfig is written",
  },
];
