// Structured logs: one event per line, as logfmt for people or JSON for machines; secrets never appear because callers name each field.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  with(fields: LogFields): Logger;
}

const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const maxValueLength = 2_000;

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly fields?: LogFields;
}

export function createLogger(options: LoggerOptions): Logger {
  const threshold = order[options.level];
  const emit = (level: LogLevel, event: string, fields?: LogFields) => {
    if (order[level] < threshold) return;
    const all = { ...options.fields, ...fields };
    const time = new Date(options.now()).toISOString();
    options.write(
      options.format === 'json' ? jsonLine(time, level, event, all) : textLine(time, level, event, all),
    );
  };
  return {
    debug: (event, fields) => emit('debug', event, fields),
    info: (event, fields) => emit('info', event, fields),
    warn: (event, fields) => emit('warn', event, fields),
    error: (event, fields) => emit('error', event, fields),
    with: (fields) => createLogger({ ...options, fields: { ...options.fields, ...fields } }),
  };
}

export const silentLogger: Logger = createLogger({
  level: 'error',
  format: 'text',
  write: () => undefined,
  now: () => 0,
});

function jsonLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  return `${JSON.stringify({ time, level, event, ...fields })}\n`;
}

function textLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  let line = `${time} ${level.padEnd(5)} ${event}`;
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${key}=${textValue(value)}`;
  }
  return `${line}\n`;
}

function textValue(value: string | number | boolean | null): string {
  const text = String(value);
  const cut = text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
  return /^[\w./:@,+-]+$/.test(cut) ? cut : JSON.stringify(cut);
}
