// Whether a TCP port can be listened on, and if not, who has it.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';

export type PortState =
  | { readonly kind: 'free' }
  | { readonly kind: 'taken'; readonly holder: string | undefined; readonly pid: number | undefined }
  | { readonly kind: 'refused'; readonly reason: string };

export async function portState(address: string, port: number): Promise<PortState> {
  const error = await tryListen(address, port);
  if (error === undefined) return { kind: 'free' };
  if (error.code !== 'EADDRINUSE') return { kind: 'refused', reason: error.message };
  const pid = await listenerOf(port);
  return { kind: 'taken', pid, holder: pid === undefined ? undefined : await nameOf(pid) };
}

function tryListen(address: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

const listening = '0A';

async function listenerOf(port: number): Promise<number | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === listening)
    .map((fields) => `socket:[${fields[9]}]`);
  return inodes.length > 0 ? ownerOf(new Set(inodes)) : undefined;
}

async function ownerOf(links: ReadonlySet<string>): Promise<number | undefined> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (links.has(link)) return Number(pid);
    }
  }
  return undefined;
}

async function nameOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
}
