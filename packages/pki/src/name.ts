// Distinguished names: the subject and issuer of certificates and requests.

import { Fault } from '@selvedge/base';
import {
  contextTag,
  type DerElement,
  oid,
  readElement,
  readElements,
  readOid,
  sequence,
  set,
  utf8String,
} from './der.ts';

/** The attributes that we and KubeEdge use, in the order in which they are written. */
export interface DistinguishedName {
  readonly country?: string;
  readonly state?: string;
  readonly locality?: string;
  readonly organizations?: readonly string[];
  readonly commonName?: string;
}

const attribute = {
  country: '2.5.4.6',
  state: '2.5.4.8',
  locality: '2.5.4.7',
  organization: '2.5.4.10',
  commonName: '2.5.4.3',
} as const;

export function encodeName(name: DistinguishedName): Buffer {
  const parts: Buffer[] = [];
  const add = (type: string, value: string | undefined) => {
    if (value !== undefined) parts.push(set(sequence(oid(type), utf8String(value))));
  };
  add(attribute.country, name.country);
  add(attribute.state, name.state);
  add(attribute.locality, name.locality);
  for (const organization of name.organizations ?? []) add(attribute.organization, organization);
  add(attribute.commonName, name.commonName);
  return sequence(...parts);
}

/** Reads a name's attributes; those we do not know are passed over, of repeated ones the last counts (organizations: all). */
export function decodeName(element: DerElement): DistinguishedName {
  const organizations: string[] = [];
  const single = new Map<string, string>();
  for (const relative of readElements(element.content)) {
    for (const pair of readElements(relative.content)) {
      const type = readElement(pair.content);
      const value = readElement(pair.content.subarray(type.raw.length));
      const text = value.content.toString('utf8');
      if (readOid(type.content) === attribute.organization) organizations.push(text);
      else single.set(readOid(type.content), text);
    }
  }
  return {
    country: single.get(attribute.country),
    state: single.get(attribute.state),
    locality: single.get(attribute.locality),
    organizations,
    commonName: single.get(attribute.commonName),
  };
}

/** The raw subject and public key of a certificate: bytes, so that names are compared and copied as they are. */
export function subjectAndKey(certificate: Buffer): { subject: DerElement; keyInfo: DerElement } {
  const body = readElement(readElement(certificate).content);
  const fields = readElements(body.content).filter((field) => field.tag !== contextTag(0));
  const [, , , , subject, keyInfo] = fields;
  if (!subject || !keyInfo) throw new Fault('pki/bad-certificate', 'the certificate has no subject');
  return { subject, keyInfo };
}
