import { expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { busyboxImages } from './busybox-images.ts';
import { buildOciArchive } from './oci-archive.ts';
import { writeTar } from './tar.ts';

const images = busyboxImages({ busybox: Buffer.from('program'), applets: ['busybox', 'sh', 'ls'] });

test('an archive is one that tar reads, with each blob once', () => {
  const archive = buildOciArchive(images, 'amd64');
  const listing = spawnSync('tar', ['-tvf', '-'], { input: archive });
  expect(listing.status).toBe(0);
  const names = listing.stdout
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  expect(names.slice(0, 4)).toEqual(['oci-layout', 'index.json', 'blobs/', 'blobs/sha256/']);
  expect(names.length).toBe(4 + 1 + 2 + 2); // one shared layer, two configurations, two manifests
});

test('the same content gives the same bytes', () => {
  expect(buildOciArchive(images, 'arm64').equals(buildOciArchive(images, 'arm64'))).toBe(true);
});

test('files, links and directories keep their kind, mode and content', () => {
  const tar = writeTar([
    { kind: 'directory', path: 'd', mode: 0o1777 },
    { kind: 'file', path: 'd/f', data: Buffer.from('hello'), mode: 0o640 },
    { kind: 'symlink', path: 'd/l', target: 'f' },
  ]);
  expect(tar.length % 512).toBe(0);
  const listing = spawnSync('tar', ['-tvf', '-'], { input: tar }).stdout.toString();
  expect(listing).toContain('drwxrwxrwt');
  expect(listing).toContain('-rw-r-----');
  expect(listing).toContain('d/l -> f');
  expect(spawnSync('tar', ['-xOf', '-', 'd/f'], { input: tar }).stdout.toString()).toBe('hello');
});
