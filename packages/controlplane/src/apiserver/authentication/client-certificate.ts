// A user from a TLS client certificate: CN is the name, each O a group. TLS has already verified it against the client CA.

import type { TLSSocket } from 'node:tls';
import type { User } from './user.ts';
import { withAuthenticatedGroup } from './user.ts';

export type CertificateUser =
  | { readonly kind: 'user'; readonly user: User }
  | { readonly kind: 'none' | 'bad' };

/** Reading a certificate costs more than a small request: once per connection. */
export class ClientCertificates {
  readonly #known = new WeakMap<TLSSocket, CertificateUser>();

  userOf(socket: TLSSocket): CertificateUser {
    const known = this.#known.get(socket);
    if (known) return known;
    const user = readCertificateUser(socket);
    this.#known.set(socket, user);
    return user;
  }
}

function readCertificateUser(socket: TLSSocket): CertificateUser {
  const certificate = socket.getPeerCertificate?.();
  if (!certificate?.subject || Object.keys(certificate.subject).length === 0) return { kind: 'none' };
  if (!socket.authorized) return { kind: 'bad' };
  const { CN, O } = certificate.subject as { CN?: string | string[]; O?: string | string[] };
  const name = Array.isArray(CN) ? CN[CN.length - 1] : CN;
  if (!name) return { kind: 'bad' };
  const groups = O === undefined ? [] : Array.isArray(O) ? O : [O];
  return { kind: 'user', user: withAuthenticatedGroup({ name, groups }) };
}
