// Compares resourceVersions as KubeEdge does, as numbers of any size.

const decimal = /^\d+$/;

/** Negative when `a` is older, positive when it is newer, 0 when they are equal or one of them is no number. */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined || !decimal.test(a) || !decimal.test(b)) return 0;
  const left = a.replace(/^0+(?=\d)/, '');
  const right = b.replace(/^0+(?=\d)/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether `candidate` is a later version than `than`; what is no number is older than every number. */
export function isNewerVersion(candidate: string, than: string): boolean {
  if (!decimal.test(candidate)) return false;
  return !decimal.test(than) || compareResourceVersions(candidate, than) > 0;
}
