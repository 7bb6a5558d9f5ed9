// Who a request comes from: its client certificate, else its bearer token, else nobody in particular.

import type { IncomingRequest } from '../incoming-request.ts';
import { refuse } from '../status-error.ts';
import { ClientCertificates } from './client-certificate.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import { anonymousUser, type User } from './user.ts';

export interface AuthenticatorOptions {
  readonly tokens: ServiceAccountTokens;
  /** What a token must be meant for. */
  readonly audiences: readonly string[];
}

export class Authenticator {
  readonly #certificates = new ClientCertificates();
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Refuses with 401 what is presented but not good; what presents nothing is anonymous. */
  authenticate(request: IncomingRequest): User {
    const certificate = this.#certificates.userOf(request.socket);
    if (certificate.kind === 'user') return certificate.user;
    const authorization = request.headers.authorization;
    if (authorization) {
      const token = /^bearer\s+(\S+)\s*$/i.exec(authorization)?.[1];
      const verified = token && this.#options.tokens.verify(token, this.#options.audiences);
      if (!verified) throw refuse.unauthorized();
      return verified.user;
    }
    if (certificate.kind === 'bad') throw refuse.unauthorized();
    return anonymousUser;
  }
}
