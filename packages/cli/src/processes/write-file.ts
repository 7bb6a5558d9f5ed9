// Replaces a file so that after a crash either the old or the new content is there, whole.

import { open, rename } from 'node:fs/promises';

export async function writeFileDurably(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
