// The version of this release and of what runs it.

import manifest from '../package.json';

export function versions(): { readonly selvedge: string; readonly bun: string; readonly platform: string } {
  return {
    selvedge: manifest.version,
    bun: process.versions.bun ?? 'none',
    platform: `${process.platform}-${process.arch}`,
  };
}
