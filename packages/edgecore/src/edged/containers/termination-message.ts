// A container's last words: from the file it may write, or from the end of its log.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, Fault } from '@selvedge/base';
import type { ContainerStatus } from '../runtime/container-runtime.ts';
import { terminationMessagePathAnnotation, terminationMessagePolicyAnnotation } from '../runtime/labels.ts';

const maxMessageBytes = 4_096;
const maxLogBytes = 2_048;
const maxLogLines = 80;

/** Where the files lie that are mounted for a container's last words, one for each start. */
export function terminationMessageDirectory(podDirectory: string, container: string): string {
  return join(podDirectory, 'containers', container);
}

/** Never rejects: what can not be read is told in the message, as a kubelet does. */
export async function terminationMessage(status: ContainerStatus, podDirectory: string): Promise<string> {
  const path = status.annotations[terminationMessagePathAnnotation];
  const own = terminationMessageDirectory(podDirectory, status.name);
  // Something else may be mounted at that path too: a volume, in which the pod can put whatever it likes.
  const mount = status.mounts.find(
    ({ containerPath, hostPath }) => containerPath === path && dirname(hostPath) === own,
  );
  const written = mount ? await head(mount.hostPath) : '';
  if (written !== '' || status.exitCode === 0) return written;
  const fallBack = status.annotations[terminationMessagePolicyAnnotation] === 'FallbackToLogsOnError';
  return fallBack ? logTail(status.logPath) : '';
}

async function head(path: string): Promise<string> {
  try {
    return wholeCharacters(await readRegular(path, () => ({ start: 0, length: maxMessageBytes })));
  } catch (error) {
    return `Error on reading termination log ${path}: ${describeError(error)}`;
  }
}

/** The messages of the last lines of a log in CRI's format, without time and stream. */
async function logTail(path: string): Promise<string> {
  try {
    let isWhole = true;
    const bytes = await readRegular(path, (size) => {
      const length = Math.min(size, maxLogBytes * 4);
      isWhole = length === size;
      return { start: size - length, length };
    });
    const lines = bytes.toString().split('\n');
    if (!isWhole) lines.shift();
    const messages = lines.filter((line) => line !== '').map(message);
    return wholeCharacters(Buffer.from(messages.slice(-maxLogLines).join('')).subarray(-maxLogBytes));
  } catch (error) {
    return `Error on reading termination message from logs: ${describeError(error)}`;
  }
}

interface Section {
  readonly start: number;
  readonly length: number;
}

/** Part of a file, nothing of one that is not there. Neither a link nor a pipe nor a device may hold the agent up or lead it away. */
async function readRegular(path: string, section: (size: number) => Section): Promise<Buffer> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Fault('edged/invalid-path', 'it is not a regular file');
    const { start, length } = section(found.size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Without the halves of characters at which a limit has cut. */
function wholeCharacters(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return new TextDecoder().decode(bytes.subarray(start), { stream: true });
}

function message(line: string): string {
  const [, , tag = 'F', ...rest] = line.split(' ');
  return rest.join(' ') + (tag.startsWith('P') ? '' : '\n');
}
