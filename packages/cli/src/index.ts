// The public face of the command line, for the project's own scripts and tests.

export {
  clientRequirements,
  edgeRequirements,
  type InstallOptions,
  installRequirements,
  missingRequirements,
  type Requirement,
  sampleRequirements,
} from './machine/debian-packages.ts';
