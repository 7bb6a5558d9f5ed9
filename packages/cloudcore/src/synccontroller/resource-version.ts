// Compares resourceVersions as KubeEdge does, as unsigned numbers; what is no such number is never newer than anything.

const decimal = /^\d{1,20}$/;

/** Whether `candidate` is a later version than `than`; garbage is older than every number. */
export function isNewerVersion(candidate: string, than: string): boolean {
  if (!decimal.test(candidate)) return false;
  if (!decimal.test(than)) return true;
  if (candidate.length <= 15 && than.length <= 15) return Number(candidate) > Number(than);
  return BigInt(candidate) > BigInt(than);
}
