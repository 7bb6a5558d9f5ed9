// URL paths and query strings of the Kubernetes REST interface. Pure.

import { Fault } from '@selvedge/base';
import type { ResourceType } from '@selvedge/kubernetes';

export interface PathParts {
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

export function resourcePath(type: ResourceType, parts: PathParts): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && parts.namespace ? `/namespaces/${segment(parts.namespace)}` : '';
  const name = parts.name === undefined ? '' : `/${segment(parts.name)}`;
  const subresource = parts.subresource === undefined ? '' : `/${parts.subresource}`;
  return `${root}${scope}/${type.resource}${name}${subresource}`;
}

/** A path segment; an empty one, `.` and `..` would name another resource than the caller means. */
function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new Fault('client/invalid-request', `${JSON.stringify(text)} is no name of an object`);
  }
  return encodeURIComponent(text);
}

export type QueryValue = string | number | boolean | undefined;

export function queryString(values: Readonly<Record<string, QueryValue>>): string {
  let text = '';
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === '') continue;
    text += `${text === '' ? '?' : '&'}${key}=${encodeURIComponent(value)}`;
  }
  return text;
}
