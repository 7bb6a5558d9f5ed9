// Where the leases are by which nodes say that they are alive.

export const nodeLeaseNamespace = 'kube-node-lease';
