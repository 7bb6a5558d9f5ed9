// The images that need no registry: a shell with the usual commands, and the pause image that holds a pod's namespaces.

import type { OciImage } from './oci-archive.ts';
import type { TarEntry } from './tar.ts';

export const pauseImage = 'localhost/pause:1';
export const busyboxImage = 'localhost/busybox:1';

// As process 1 of a shared process namespace the shell must collect orphans (`wait` does) and end on SIGTERM (the trap does).
const pauseEntrypoint = ['/bin/sh', '-c', 'trap "exit 0" TERM INT; sleep 2147483647 & wait'];

export interface BusyboxImageOptions {
  /** The statically linked busybox program. */
  readonly busybox: Uint8Array;
  /** Its commands, as `busybox --list` prints them. */
  readonly applets: readonly string[];
}

/** A root file system of nothing but busybox, with a link for each command. */
export function busyboxLayer(options: BusyboxImageOptions): TarEntry[] {
  const directories = ['bin', 'etc', 'home', 'root', 'usr', 'var', 'var/www', 'www'];
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n';
  const group = 'root:x:0:\nnogroup:x:65534:\n';
  return [
    ...directories.map((path): TarEntry => ({ kind: 'directory', path })),
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    { kind: 'file', path: 'bin/busybox', data: options.busybox, mode: 0o755 },
    ...options.applets
      .filter((applet) => applet !== 'busybox')
      .map((applet): TarEntry => ({ kind: 'symlink', path: `bin/${applet}`, target: 'busybox' })),
    { kind: 'symlink', path: 'usr/bin', target: '../bin' },
    { kind: 'file', path: 'etc/passwd', data: Buffer.from(passwd) },
    { kind: 'file', path: 'etc/group', data: Buffer.from(group) },
  ];
}

export function busyboxImages(options: BusyboxImageOptions): OciImage[] {
  const layer = busyboxLayer(options);
  return [
    { name: pauseImage, layer, entrypoint: pauseEntrypoint },
    { name: busyboxImage, layer, command: ['/bin/sh'] },
  ];
}
