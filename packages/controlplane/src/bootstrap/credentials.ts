// The cluster's keys and certificates on disk: made once, renewed when due, readable by their owner alone.

import type { KeyObject } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@selvedge/base';
import { writeFileDurably } from '@selvedge/base/durable-file';
import {
  type Authority,
  certificateToPem,
  createAuthority,
  createClientIdentity,
  createKey,
  createServerIdentity,
  type DistinguishedName,
  type Identity,
  identityFromPem,
  isIssuedBy,
  keyFromPem,
  keyToPem,
} from '@selvedge/pki';

const certificateDays = 365;
/** Certificates with less than this left are made anew when the control plane starts. */
const renewBeforeMs = 90 * 24 * 60 * 60 * 1000;

export interface Credentials {
  readonly authority: Authority;
  readonly server: Identity;
  /** What the API server shows when it calls a node's kubelet endpoint. */
  readonly kubeletClient: Identity;
  readonly serviceAccountKey: KeyObject;
  readonly clients: ReadonlyMap<string, Identity>;
}

export interface CredentialsOptions {
  readonly directory: string;
  readonly hosts: readonly string[];
  /** File name to subject: the client certificates that our programs and the administrator use. */
  readonly clients: Readonly<Record<string, DistinguishedName>>;
  readonly nowMs: number;
}

export async function loadCredentials(options: CredentialsOptions): Promise<Credentials> {
  const files = new CredentialFiles(options);
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  await chmod(options.directory, 0o700);
  const authority = await files.identity('ca', () =>
    createAuthority({ subject: { commonName: 'kubernetes' }, nowMs: options.nowMs }),
  );
  const clients = new Map<string, Identity>();
  for (const [name, subject] of Object.entries(options.clients)) {
    clients.set(name, await files.client(authority, name, subject));
  }
  const kubeletSubject = { organizations: ['system:masters'], commonName: 'kube-apiserver-kubelet-client' };
  return {
    authority,
    clients,
    server: await files.server(authority),
    kubeletClient: await files.client(authority, 'apiserver-kubelet-client', kubeletSubject),
    serviceAccountKey: await files.key('sa'),
  };
}

class CredentialFiles {
  readonly #options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  async identity(
    name: string,
    make: () => Identity,
    isGood: (identity: Identity) => boolean = () => true,
  ): Promise<Identity> {
    const certificate = await this.#read(`${name}.crt`);
    const key = await this.#read(`${name}.key`);
    if (certificate !== undefined && key !== undefined) {
      const present = this.#parse(name, () => identityFromPem(certificate, key));
      if (isGood(present)) return present;
    }
    const made = make();
    this.#write(`${name}.key`, keyToPem(made.key));
    this.#write(`${name}.crt`, certificateToPem(made.certificate));
    return made;
  }

  client(authority: Authority, name: string, subject: DistinguishedName): Promise<Identity> {
    const { nowMs } = this.#options;
    return this.identity(
      name,
      () => createClientIdentity(authority, { subject, nowMs, lifetimeDays: certificateDays }),
      (identity) => this.#isFresh(identity, authority),
    );
  }

  server(authority: Authority): Promise<Identity> {
    const { nowMs, hosts } = this.#options;
    const subject = { commonName: 'kube-apiserver' };
    return this.identity(
      'apiserver',
      () => createServerIdentity(authority, { subject, hosts, nowMs, lifetimeDays: certificateDays }),
      (identity) => this.#isFresh(identity, authority) && hosts.every((host) => covers(identity, host)),
    );
  }

  async key(name: string): Promise<KeyObject> {
    const present = await this.#read(`${name}.key`);
    if (present !== undefined) return this.#parse(name, () => keyFromPem(present));
    const key = createKey();
    this.#write(`${name}.key`, keyToPem(key));
    return key;
  }

  #parse<T>(name: string, parse: () => T): T {
    try {
      return parse();
    } catch (cause) {
      const path = join(this.#options.directory, name);
      throw new Fault('controlplane/bad-credentials', `${path}: the key or certificate can not be read`, {
        cause,
        hint: 'restore the files from a copy; made anew, they lock out everybody who has a certificate or token of this cluster',
      });
    }
  }

  #isFresh({ certificate }: Identity, authority: Authority): boolean {
    const left = Date.parse(certificate.validTo) - this.#options.nowMs;
    return left > renewBeforeMs && isIssuedBy(certificate, authority);
  }

  async #read(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#options.directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #write(name: string, text: string): void {
    writeFileDurably(join(this.#options.directory, name), text);
  }
}

function covers({ certificate }: Identity, host: string): boolean {
  return certificate.checkHost(host) !== undefined || certificate.checkIP(host) !== undefined;
}
