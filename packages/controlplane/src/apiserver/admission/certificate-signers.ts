// Who may decide on a certificate request, and who may sign it: the verbs `approve` and `sign` on its signer.
// Source: k8s.io/kubernetes/plugin/pkg/admission/certificates (approval and signing).

import { type CertificateSigningRequest, equalJson } from '@selvedge/kubernetes';
import type { Authorizer } from '../authorization/authorizer.ts';
import { type AdmissionPlugin, type AdmissionRequest, deny } from './admission.ts';

const group = 'certificates.k8s.io';

export class CertificateSigners implements AdmissionPlugin {
  readonly name = 'CertificateSigners';
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  validate(request: AdmissionRequest): void {
    const { resource, object, old, options, operation } = request;
    if (resource.group !== group || resource.resource !== 'certificatesigningrequests') return;
    if (operation !== 'UPDATE') return;
    if (options.subresource === 'approval') this.#require(request, 'approve');
    const isSigned = options.subresource === 'status' && !equalJson(object.status, old?.status);
    if (isSigned) this.#require(request, 'sign');
  }

  #require(request: AdmissionRequest, verb: 'approve' | 'sign'): void {
    const { old, options } = request;
    const signer = (old as Partial<CertificateSigningRequest> | undefined)?.spec?.signerName ?? '';
    const names = [signer, `${signer.split('/')[0]}/*`];
    const asked = {
      kind: 'resource',
      verb,
      group,
      resource: 'signers',
      subresource: '',
      namespace: '',
    } as const;
    if (names.some((name) => this.#authorizer.decide(options.user, { ...asked, name }).kind === 'allow'))
      return;
    const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`;
    deny(request, why);
  }
}
