// A command that goes on while the test looks at what it says: `logs -f`, `port-forward`, `get -w`, `attach`.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { eventually } from '../local-cluster.ts';

export class RunningCommand implements AsyncDisposable {
  /** What it has written so far. */
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<number | null>;

  constructor(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const [program = '', ...args] = argv;
    this.#child = spawn(program, args, { env: { ...process.env, ...environment } });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child.stdin.on('error', () => undefined); // it may end without reading
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', resolve);
      this.#child.once('error', (error) => {
        this.stderr += error.message;
        resolve(null);
      });
    });
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits until its standard output matches. */
  said(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpExecArray> {
    return eventually(
      `output like ${pattern}; so far: ${this.stdout} ${this.stderr}`,
      async () => pattern.exec(this.stdout) ?? undefined,
      timeoutMs,
    );
  }

  /** The exit code, once it has ended by itself. */
  ended(): Promise<number | null> {
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGTERM');
    await this.#closed;
  }
}
