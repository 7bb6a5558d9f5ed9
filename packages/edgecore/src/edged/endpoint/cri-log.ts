// Lines of a container's log as a runtime writes them: time, stream, whether the line goes on, content. Pure.

export interface CriLogLine {
  /** As written, in nanoseconds: RFC 3339. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The container's line goes on in the next one. */
  readonly partial: boolean;
  readonly content: Buffer;
}

export interface CriLogOptions {
  readonly timestamps: boolean;
  readonly stream: 'all' | 'stdout' | 'stderr';
  readonly sinceMs: number | undefined;
}

const space = 0x20;
const newline = 0x0a;
const maxPrefixBytes = 128;
const maxLineBytes = 1 << 20;

/** Undefined for what is no such line. The line comes without its newline. */
export function parseCriLogLine(line: Buffer): CriLogLine | undefined {
  const first = line.indexOf(space);
  const second = first < 0 ? -1 : line.indexOf(space, first + 1);
  const third = second < 0 ? -1 : line.indexOf(space, second + 1);
  if (third < 0 || third > maxPrefixBytes) return undefined;
  const time = line.toString('latin1', 0, first);
  const stream = line.toString('latin1', first + 1, second);
  const tags = line.toString('latin1', second + 1, third);
  if ((stream !== 'stdout' && stream !== 'stderr') || Number.isNaN(Date.parse(time))) return undefined;
  return { time, stream, partial: tags.split(':')[0] === 'P', content: line.subarray(third + 1) };
}

/** Turns pieces of a log file into what the caller sees; keeps an unfinished line until its rest comes. */
export class CriLogReader {
  readonly #options: CriLogOptions;
  #rest: Buffer = Buffer.alloc(0);
  #continuing = false;

  constructor(options: CriLogOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): Buffer {
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const output: Buffer[] = [];
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline)) {
      this.#show(data.subarray(0, end), output);
      data = data.subarray(end + 1);
    }
    this.#rest = data.length > maxLineBytes ? Buffer.alloc(0) : Buffer.from(data);
    return Buffer.concat(output);
  }

  #show(raw: Buffer, output: Buffer[]): void {
    const line = parseCriLogLine(raw);
    if (!line) return;
    const { stream, sinceMs, timestamps } = this.#options;
    if (stream !== 'all' && line.stream !== stream) return;
    if (sinceMs !== undefined && Date.parse(line.time) < sinceMs) return;
    if (timestamps && !this.#continuing) output.push(Buffer.from(`${line.time} `));
    output.push(line.content);
    if (!line.partial) output.push(Buffer.from('\n'));
    this.#continuing = line.partial;
  }
}
