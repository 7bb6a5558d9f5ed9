// Child processes of the bench: JSON lines to them and from them; they end when their standard input does.

import { basename } from 'node:path';

export interface Child extends AsyncDisposable {
  readonly pid: number;
  send(line: string): void;
  /** The next line that the process prints, as JSON. */
  next(): Promise<Record<string, unknown>>;
}

/** `script`: its path. */
export function startChild(script: string, ...words: readonly string[]): Child {
  const child = Bun.spawn([process.execPath, script, ...words], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    pid: child.pid,
    send(line) {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
    },
    async next() {
      while (!text.includes('\n')) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`${basename(script)} ${words[0] ?? ''} ended with ${await child.exited}`);
        text += decoder.decode(value, { stream: true });
      }
      const end = text.indexOf('\n');
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return JSON.parse(line) as Record<string, unknown>;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child.exited;
    },
  };
}
