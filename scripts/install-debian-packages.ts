// Installs the Debian packages that the tests on real parts call; ends with 1 and says why where it can not.

import { describeError } from '@selvedge/base';
import {
  clientRequirements,
  edgeRequirements,
  installRequirements,
  missingRequirements,
  sampleRequirements,
} from '@selvedge/cli';

const searchPath = process.env.PATH ?? '';
const requirements = [
  ...edgeRequirements,
  ...sampleRequirements,
  ...clientRequirements,
  { package: 'strace', programs: ['strace'] },
];
const missing = await missingRequirements(requirements, searchPath);
if (missing.length > 0) {
  console.log(`apt-get install ${missing.map((one) => one.package).join(' ')}`);
  try {
    await installRequirements(requirements, { searchPath, isRoot: process.getuid?.() === 0 });
  } catch (error) {
    console.log(describeError(error));
    process.exit(1);
  }
}
