// The Kubernetes version that this API server stands for: the API level of the schemas that it serves.

export const serverVersion = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.0+selvedge',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'bun',
  platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;
