// The one error class of the project: an operational failure with a stable code that callers test, never its text.

/** Codes are registered in docs/errors.md; `checks/errors.test.ts` holds the two against each other. */
export type FaultCode = `${string}/${string}`;

export interface FaultOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable?: boolean;
  /** What the reader should do next, a sentence or a command to run. */
  readonly hint?: string;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
  }
}

export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}

/** One line for a log or a terminal: the messages of an error and of its causes. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let current = error; current !== undefined && parts.length < 5; ) {
    parts.push(current instanceof Error ? current.message : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join(': ');
}
