// Compares resourceVersions as KubeEdge does, as numbers of any size; what is not a number compares as equal.

const decimal = /^\d+$/;

/** Negative when `a` is older, positive when it is newer, 0 when they are equal or can not be compared. */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined || !decimal.test(a) || !decimal.test(b)) return 0;
  const left = a.replace(/^0+(?=\d)/, '');
  const right = b.replace(/^0+(?=\d)/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
