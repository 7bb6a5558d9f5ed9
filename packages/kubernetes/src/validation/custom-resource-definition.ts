// Validation of CustomResourceDefinitions: their names, versions, and that their schemas are structural.
// Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation and pkg/apiserver/schema.

import { fieldError, GoValue } from '../field-error.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { isDns1035Label, isDns1123Subdomain } from '../names.ts';
import type { KubeObject } from '../object.ts';
import { compilePattern } from '../pattern/pattern.ts';
import { validateMetadata } from './metadata.ts';
import { check, type Errors, required, requiredOneOf } from './rules.ts';

interface DefinitionSpec {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: {
    readonly plural?: string;
    readonly singular?: string;
    readonly kind?: string;
    readonly listKind?: string;
    readonly shortNames?: readonly string[];
  };
  readonly versions?: ReadonlyArray<{
    readonly name?: string;
    readonly storage?: boolean;
    readonly served?: boolean;
    readonly schema?: { readonly openAPIV3Schema?: unknown };
  }>;
}

const maxDepth = 64;

export function validateCustomResourceDefinition(errors: Errors, definition: KubeObject): void {
  const spec = (definition.spec ?? {}) as DefinitionSpec;
  const { group = '', names = {} } = spec;
  const wanted = `${names.plural ?? ''}.${group}`;
  const name = (value: string) =>
    value === wanted ? isDns1123Subdomain(value) : ['must be spec.names.plural+"."+spec.group'];
  validateMetadata(errors, definition.metadata ?? {}, { namespaced: false, name });
  required(errors, 'spec.group', group, isDns1123Subdomain);
  if (group !== '' && !group.includes('.')) {
    errors.push(fieldError.invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  requireApproval(errors, definition, group);
  requiredOneOf(errors, 'spec.scope', spec.scope, ['Cluster', 'Namespaced']);
  validateVersions(errors, spec);
  validateNames(errors, names);
  validateSchemas(errors, spec);
}

const approval = 'api-approved.kubernetes.io';

/** Kubernetes keeps its own groups for what its community has approved. Source: GetAPIApprovalState. */
function requireApproval(errors: Errors, { metadata }: KubeObject, group: string): void {
  if (!/(^|\.)(k8s\.io|kubernetes\.io)$/.test(group)) return;
  const value = metadata?.annotations?.[approval] ?? '';
  const field = `metadata.annotations[${approval}]`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (value === '') {
    const detail = `protected groups must have approval annotation "${approval}", ${see}`;
    errors.push(fieldError.required(field, detail));
  } else if (!value.startsWith('unapproved') && !URL.canParse(value)) {
    const detail = `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", ${see}`;
    errors.push(fieldError.invalid(field, value, detail));
  }
}

function validateVersions(errors: Errors, { versions = [] }: DefinitionSpec): void {
  const seen = new Set<string>();
  for (const [index, { name = '' }] of versions.entries()) {
    const field = `spec.versions[${index}].name`;
    check(errors, field, name, isDns1035Label);
    if (seen.has(name)) errors.push(fieldError.invalid(field, name, 'must be unique'));
    seen.add(name);
  }
  if (versions.filter((version) => version.storage).length === 1) return;
  const shown = new GoValue(JSON.stringify(versions.map(({ name }) => name)));
  const why = 'must have exactly one version marked as storage version';
  errors.push(fieldError.invalid('spec.versions', shown, why));
}

function validateNames(errors: Errors, names: NonNullable<DefinitionSpec['names']>): void {
  for (const part of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names[part] ?? '';
    if (value === '') errors.push(fieldError.required(`spec.names.${part}`));
    else for (const why of isDns1035Label(value.toLowerCase())) invalidName(errors, part, value, why);
  }
  for (const [index, shortName] of (names.shortNames ?? []).entries()) {
    check(errors, `spec.names.shortNames[${index}]`, shortName, isDns1035Label);
  }
  if (names.kind && names.kind === names.listKind) {
    const why = 'kind and listKind may not be the same';
    invalidName(errors, 'listKind', names.listKind, why);
  }
}

function invalidName(errors: Errors, part: string, value: string, why: string): void {
  errors.push(fieldError.invalid(`spec.names.${part}`, value, why));
}

function validateSchemas(errors: Errors, { versions = [] }: DefinitionSpec): void {
  for (const [index, { schema }] of versions.entries()) {
    const root = schema?.openAPIV3Schema;
    // One version's schema is the definition's own, in Kubernetes' eyes.
    const at = versions.length === 1 ? 'spec.validation' : `spec.versions[${index}].schema`;
    const field = `${at}.openAPIV3Schema`;
    if (!isJsonObject(root)) errors.push(fieldError.required(field, 'schemas are required'));
    else checkStructure(errors, { node: root, field, level: 'root', depth: 0 });
  }
}

interface SchemaNode {
  readonly node: JsonObject;
  readonly field: string;
  readonly level: 'root' | 'item' | 'field';
  readonly depth: number;
}

const levels = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
} as const;

/** Every value has a type, from the root down: what pruning, defaulting and merging rely on. */
function checkStructure(errors: Errors, { node, field, level, depth }: SchemaNode): void {
  if (depth > maxDepth) {
    errors.push(fieldError.forbidden(field, `must not be nested deeper than ${maxDepth} levels`));
    return;
  }
  checkPattern(errors, node, `${field}.pattern`);
  const children: SchemaNode[] = [];
  const visit = (value: unknown, suffix: string, childLevel: 'item' | 'field') => {
    if (isJsonObject(value))
      children.push({ node: value, field: `${field}.${suffix}`, level: childLevel, depth: depth + 1 });
  };
  visit(node.items, 'items', 'item');
  for (const [name, child] of Object.entries(isJsonObject(node.properties) ? node.properties : {})) {
    visit(child, `properties[${name}]`, 'field');
  }
  visit(node.additionalProperties, 'additionalProperties', 'field');
  for (const child of children) checkStructure(errors, child);
  const free =
    node['x-kubernetes-int-or-string'] === true || node['x-kubernetes-preserve-unknown-fields'] === true;
  if (!node.type && (level === 'root' || !free)) {
    errors.push(fieldError.required(`${field}.type`, levels[level]));
  } else if (level === 'root' && node.type !== 'object') {
    errors.push(fieldError.invalid(`${field}.type`, node.type, 'must be object at the root'));
  }
}

function checkPattern(errors: Errors, { pattern }: JsonObject, field: string): void {
  if (typeof pattern !== 'string') return;
  const compiled = compilePattern(pattern);
  if (compiled.kind === 'compiled') return;
  const why = `must be a valid regular expression, but isn't: error parsing regexp: ${compiled.message}`;
  errors.push(fieldError.invalid(field, pattern, why));
}
