// A container's last words: from the file it may write, or from the end of its log.

import { open, stat } from 'node:fs/promises';
import type { ContainerStatus } from '../runtime/container-runtime.ts';
import { terminationMessagePathAnnotation, terminationMessagePolicyAnnotation } from '../runtime/labels.ts';

const maxMessageBytes = 4_096;
const maxLogBytes = 2_048;
const maxLogLines = 80;

export async function terminationMessage(status: ContainerStatus): Promise<string> {
  const path = status.annotations[terminationMessagePathAnnotation];
  const mount = path ? status.mounts.find(({ containerPath }) => containerPath === path) : undefined;
  const written = mount ? wholeCharacters(await head(mount.hostPath)) : '';
  if (written !== '' || status.exitCode === 0) return written;
  const fallBack = status.annotations[terminationMessagePolicyAnnotation] === 'FallbackToLogsOnError';
  return fallBack ? logTail(status.logPath) : '';
}

async function head(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxMessageBytes), 0, maxMessageBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The messages of the last lines of a log in CRI's format, without time and stream. */
async function logTail(path: string): Promise<string> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const length = Math.min(size, maxLogBytes * 4);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.subarray(0, bytesRead).toString().split('\n');
    if (size > length) lines.shift();
    const messages = lines.filter((line) => line !== '').map(message);
    return wholeCharacters(Buffer.from(messages.slice(-maxLogLines).join('')).subarray(-maxLogBytes));
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
