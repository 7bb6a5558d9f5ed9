// One edgecore per directory: a lock that the kernel lets go of with its process, however that ends.

import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '@selvedge/base';

/**
 * Node offers no file locks; SQLite's are the kernel's own (fcntl), and it keeps them apart within one process too. The
 * locked file stays empty.
 */
export function lockDirectory(directory: string): Disposable {
  const path = join(directory, 'edgecore.lock');
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new Fault('edgecore/directory-busy', `another edgecore runs in ${directory}`, {
      cause,
      hint: 'stop that one first, or give this one another directory',
    });
  }
  return { [Symbol.dispose]: () => database.close() };
}
