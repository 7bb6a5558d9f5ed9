// Writes POSIX (ustar) archives in memory: what image layers and OCI archives are made of.

export type TarEntry =
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly mode?: number }
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

const blockSize = 512;
const maxNameLength = 100;
const typeFlags = { file: '0', symlink: '2', directory: '5' } as const;

/** All entries belong to root and carry the time zero, so that the same content gives the same digest. */
export function writeTar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const data = entry.kind === 'file' ? entry.data : new Uint8Array(0);
    parts.push(header(entry, data.length), Buffer.from(data));
    const rest = data.length % blockSize;
    if (rest > 0) parts.push(Buffer.alloc(blockSize - rest));
  }
  parts.push(Buffer.alloc(2 * blockSize));
  return Buffer.concat(parts);
}

function header(entry: TarEntry, size: number): Buffer {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  if (name.length > maxNameLength) throw new RangeError(`tar entry name is too long: ${name}`);
  const block = Buffer.alloc(blockSize);
  const mode =
    entry.kind === 'symlink' ? 0o777 : (entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644));
  block.write(name, 0);
  octal(block, 100, 8, mode);
  octal(block, 108, 8, 0);
  octal(block, 116, 8, 0);
  octal(block, 124, 12, size);
  octal(block, 136, 12, 0);
  block.write('        ', 148);
  block.write(typeFlags[entry.kind], 156);
  if (entry.kind === 'symlink') block.write(entry.target, 157);
  block.write('ustar\u000000', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

function octal(block: Buffer, offset: number, width: number, value: number): void {
  block.write(`${value.toString(8).padStart(width - 1, '0')}\u0000`, offset, 'latin1');
}
