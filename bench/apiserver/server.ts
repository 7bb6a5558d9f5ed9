// The API server of the bench, alone in its process: no scheduler and no controllers write beside the load.
// Says `{"kubeconfig": …}` when it is ready; ends with its standard input.

import { silentLogger } from '@selvedge/base';
import { startControlPlane } from '@selvedge/controlplane';

const [dataDir = ''] = process.argv.slice(2);
await using controlPlane = await startControlPlane({
  dataDir,
  port: 0,
  manager: false,
  logger: silentLogger,
});
console.log(JSON.stringify({ kubeconfig: controlPlane.adminKubeconfig }));
for await (const _ of process.stdin) {
  // What comes is not read; its end is the signal.
}
