// Which labels a node may put on itself: NodeRestriction's rule, and KubeEdge's two role labels by which an edge is known.
// Source: Kubernetes documentation, "Admission Controllers", NodeRestriction.

const allowed: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'node-role.kubernetes.io/edge',
  'node-role.kubernetes.io/agent',
]);
const allowedPrefixes = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

/** The labels among `wanted` that the node may neither set nor change; one that keeps its value is no change. */
export function refusedLabels(
  wanted: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(wanted)
    .filter(([label, value]) => present[label] !== value && !mayLabel(label))
    .map(([label]) => label)
    .sort();
}

function mayLabel(label: string): boolean {
  const prefix = label.includes('/') ? (label.split('/')[0] ?? '') : '';
  if (isOrBelow(prefix, 'node-restriction.kubernetes.io')) return false;
  if (!isOrBelow(prefix, 'kubernetes.io') && !isOrBelow(prefix, 'k8s.io')) return true;
  return allowed.has(label) || allowedPrefixes.some((one) => isOrBelow(prefix, one));
}

function isOrBelow(prefix: string, domain: string): boolean {
  return prefix === domain || prefix.endsWith(`.${domain}`);
}
