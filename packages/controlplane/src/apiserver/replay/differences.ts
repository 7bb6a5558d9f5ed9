// Compares two answers field by field, and sets aside what no two servers have in common.

export interface Difference {
  /** `/status`, `/warning`, or within the body `/body/metadata/name`. */
  readonly path: string;
  readonly genuine: unknown;
  readonly ours: unknown;
}

/** Values that only have to be there, and of the same type. */
const madeUp =
  /\/(uid|resourceVersion|creationTimestamp|deletionTimestamp|time|lastTransitionTime|lastUpdateTime|startTime|continue|token|expirationTimestamp|nodePort|serverAddress)$|\/clusterIPs?(\/\d+)?$/;

export function differences(genuine: unknown, ours: unknown, path: string): Difference[] {
  if (isObject(genuine) && isObject(ours)) {
    if (Array.isArray(genuine) !== Array.isArray(ours)) return [{ path, genuine, ours }];
    const keys = new Set([...Object.keys(genuine), ...Object.keys(ours)]);
    return [...keys].flatMap((key) =>
      differences(Reflect.get(genuine, key), Reflect.get(ours, key), `${path}/${key}`),
    );
  }
  const same = madeUp.test(path)
    ? typeof genuine === typeof ours && genuine !== undefined
    : normal(genuine) === normal(ours);
  return same ? [] : [{ path, genuine, ours }];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Texts that tell of uids, times, ages, versions and generated names, without them. */
function normal(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UID')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
    .replace(/^(\d+[smhd])+$/, 'AGE')
    .replace(/\b10\.(9[6-9]|10\d|11[01])\.\d+\.\d+\b/g, 'CLUSTER-IP')
    .replace(/:3[0-2]\d{3}\//g, ':NODE-PORT/')
    .replace(/\b\d{2,}(?= \(\d+\)|$)/, (text) => (value.includes('resource version') ? 'VERSION' : text))
    .replace(/^(gen-)[a-z0-9]{5}$/, '$1NAME');
}
