// A kubeconfig file for one client certificate, everything embedded.

import type { X509Certificate } from 'node:crypto';
import { certificateToPem, type Identity, keyToPem } from '@selvedge/pki';

export interface KubeconfigOptions {
  readonly server: string;
  readonly authority: X509Certificate;
  readonly user: string;
  readonly identity: Identity;
}

/** JSON is YAML too, and kubectl reads it; but people look into these files, so it is written as YAML. */
export function kubeconfigText({ server, authority, user, identity }: KubeconfigOptions): string {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: selvedge
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(certificateToPem(authority))}
users:
- name: ${user}
  user:
    client-certificate-data: ${base64(certificateToPem(identity.certificate))}
    client-key-data: ${base64(keyToPem(identity.key))}
contexts:
- name: ${user}@selvedge
  context:
    cluster: selvedge
    user: ${user}
current-context: ${user}@selvedge
`;
}
