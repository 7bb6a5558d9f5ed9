// Runs the control plane or cloudcore for a bench, as a process of its own; ends when its standard input does.
// `program.ts controlplane|cloudcore OPTIONS-AS-JSON`; prints one JSON line when it is ready.

import { createLogger } from '@selvedge/base';
import { startCloudCore } from '@selvedge/cloudcore';
import { startControlPlane } from '@selvedge/controlplane';

const [which, text = '{}'] = process.argv.slice(2);
const options = JSON.parse(text);
const logger = createLogger({
  level: 'warn',
  format: 'text',
  write: (line) => process.stderr.write(line),
  now: () => Date.now(),
});

if (which === 'controlplane') {
  const { url } = await startControlPlane({ ...options, logger });
  console.log(JSON.stringify({ url }));
} else {
  const { hubPort, joinPort, metricsPort, shardProcessIds } = await startCloudCore({ ...options, logger });
  console.log(JSON.stringify({ hubPort, joinPort, metricsPort, shardProcessIds }));
}
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
