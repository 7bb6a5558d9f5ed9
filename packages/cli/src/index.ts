// The public face of the command line, for the project's own scripts and tests.

export { referencePage } from './command-line/reference-page.ts';
export { commandTree } from './command-tree.ts';
export {
  clientRequirements,
  edgeRequirements,
  type InstallOptions,
  installRequirements,
  missingRequirements,
  type Requirement,
  sampleRequirements,
} from './machine/debian-packages.ts';
