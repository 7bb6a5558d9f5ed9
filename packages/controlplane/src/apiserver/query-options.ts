// The options that a query carries, read and checked once: of lists and watches, of writes, of deletions.

import { isTrue } from './request-info.ts';
import { refuse, type StatusCause } from './status-error.ts';

export interface ListOptions {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly limit: number;
  readonly continueToken: string;
  /** Undefined: the newest. */
  readonly resourceVersion: number | undefined;
  readonly resourceVersionMatch: 'Exact' | 'NotOlderThan' | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean;
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly force: boolean | undefined;
}

const maxFieldManagerLength = 128;
const matchValues = ['Exact', 'NotOlderThan', ''];

export function readListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const resourceVersion = readResourceVersion(query.get('resourceVersion') ?? '');
  const match = query.get('resourceVersionMatch') ?? '';
  const sendInitialEvents = isTrue(query.get('sendInitialEvents'));
  const causes = checkMatch({ query, watch, resourceVersion, match, sendInitialEvents });
  if (causes.length > 0) throw refuse.invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: Math.max(0, readInteger(query, 'limit') ?? 0),
    continueToken: query.get('continue') ?? '',
    resourceVersion,
    resourceVersionMatch: match === '' ? undefined : (match as 'Exact' | 'NotOlderThan'),
    timeoutSeconds: readInteger(query, 'timeoutSeconds'),
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents,
  };
}

function checkMatch(options: {
  query: URLSearchParams;
  watch: boolean;
  resourceVersion: number | undefined;
  match: string;
  sendInitialEvents: boolean;
}): StatusCause[] {
  const { query, watch, resourceVersion, match, sendInitialEvents } = options;
  const cause = (reason: string, message: string) => [{ reason, message, field: 'resourceVersionMatch' }];
  const forbid = (why: string) => cause('FieldValueForbidden', `Forbidden: ${why}`);
  if (watch && sendInitialEvents && match !== 'NotOlderThan') {
    return forbid('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match === '' || sendInitialEvents) return [];
  if (watch)
    return forbid('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (!matchValues.includes(match)) {
    const supported = 'supported values: "Exact", "NotOlderThan", ""';
    return cause('FieldValueNotSupported', `Unsupported value: ${JSON.stringify(match)}: ${supported}`);
  }
  if (resourceVersion === undefined) {
    return forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  }
  if (query.get('continue')) return forbid('resourceVersionMatch is forbidden when continue is provided');
  if (match === 'Exact' && resourceVersion === 0) {
    return forbid('resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
  }
  return [];
}

export function readResourceVersion(text: string): number | undefined {
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    const why = `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw refuse.plainInternal(`resourceVersion: Invalid value: ${JSON.stringify(text)}: ${why}`);
  }
  return Number(text);
}

function readInteger(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,15}$/.test(text)) {
    throw refuse.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

export function readWriteOptions(
  query: URLSearchParams,
  optionsKind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  userAgent: string,
): WriteOptions {
  const causes: StatusCause[] = [...checkDryRun(query.getAll('dryRun')), ...checkFieldManager(query)];
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
      field: 'fieldValidation',
    });
  }
  if (causes.length > 0) throw refuse.invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', causes);
  const force = query.get('force');
  return {
    dryRun: query.getAll('dryRun').includes('All'),
    fieldManager: query.get('fieldManager') || managerOf(userAgent),
    fieldValidation: (validation || 'Warn') as WriteOptions['fieldValidation'],
    force: force === null ? undefined : isTrue(force),
  };
}

export function checkDryRun(values: readonly string[]): StatusCause[] {
  if (values.every((value) => value === 'All' || value === '')) return [];
  const shown = `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`;
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${shown}: supported values: "All"`,
      field: 'dryRun',
    },
  ];
}

function checkFieldManager(query: URLSearchParams): StatusCause[] {
  const manager = query.get('fieldManager') ?? '';
  if (manager.length <= maxFieldManagerLength) return [];
  return [
    {
      reason: 'FieldValueTooLong',
      message: `Too long: must have at most ${maxFieldManagerLength} bytes`,
      field: 'fieldManager',
    },
  ];
}

/** Kubernetes names the manager of plain writes after the client's program: what stands before the first `/`. */
function managerOf(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  return (slash === -1 ? userAgent : userAgent.slice(0, slash)).slice(0, maxFieldManagerLength) || 'unknown';
}
