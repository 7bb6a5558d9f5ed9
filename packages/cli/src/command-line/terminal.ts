// What a command writes to: answers to standard output, everything else to standard error; live progress only on a terminal.

import type { Clock } from '@selvedge/base';

export interface Terminal {
  /** The command's answer. */
  print(text: string): void;
  /** A remark for the person who watches. */
  note(text: string): void;
  /** Runs a step and shows that it goes on; what it resolves with is passed on. */
  step<T>(title: string, work: (report: (detail: string) => void) => Promise<T>): Promise<T>;
}

export interface TerminalOptions {
  readonly clock: Clock;
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether a person looks at standard error. */
  readonly isLive: boolean;
  /** Columns of the terminal now: a longer line would wrap and could not be erased. */
  readonly width?: () => number;
}

/** A step that takes no longer than this leaves no trace of progress. */
const quietMs = 1_000;
const frameMs = 100;
const defaultWidth = 80;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const eraseLine = '\r\u001b[2K';

export function createTerminal(options: TerminalOptions): Terminal {
  const progress = options.isLive ? new LiveProgress(options) : undefined;
  return {
    print: (text) => options.writeOutput(text.endsWith('\n') ? text : `${text}\n`),
    note: (text) => (progress ? progress.writeLine(text) : options.writeError(`${text}\n`)),
    step: (title, work) => (progress ? progress.step(title, work) : plainStep(options, title, work)),
  };
}

async function plainStep<T>(
  { clock, writeError }: TerminalOptions,
  title: string,
  work: (report: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const startedMs = clock.monotonic();
  let isAnnounced = false;
  const announce = clock.after(quietMs, () => {
    isAnnounced = true;
    writeError(`${title} …\n`);
  });
  try {
    const result = await work(() => undefined);
    writeError(`${title}: done${isAnnounced ? ` in ${seconds(clock.monotonic() - startedMs)}` : ''}\n`);
    return result;
  } catch (error) {
    writeError(`${title}: failed\n`);
    throw error;
  } finally {
    announce.cancel();
  }
}

/** The moving last line of a terminal: of the steps that go on at once, the oldest is shown. */
class LiveProgress {
  readonly #options: TerminalOptions;
  readonly #steps: LiveStep[] = [];
  #frame = 0;
  #isDrawn = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
  }

  writeLine(text: string): void {
    this.#options.writeError(`${this.#isDrawn ? eraseLine : ''}${text}\n`);
    this.#isDrawn = false;
  }

  async step<T>(title: string, work: (report: (detail: string) => void) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const step: LiveStep = { title, startedMs: clock.monotonic(), detail: '' };
    this.#steps.push(step);
    const draw = () => {
      this.#draw(step);
      timer = clock.after(frameMs, draw);
    };
    let timer = clock.after(quietMs, draw);
    const end = (mark: string) => {
      this.#steps.splice(this.#steps.indexOf(step), 1);
      this.writeLine(`${mark} ${title} ${seconds(clock.monotonic() - step.startedMs)}`);
    };
    try {
      const result = await work((text) => {
        step.detail = text;
      });
      end('✔');
      return result;
    } catch (error) {
      end('✘');
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #draw(step: LiveStep): void {
    if (this.#steps[0] !== step) return;
    const { clock, writeError, width } = this.#options;
    const mark = frames[this.#frame++ % frames.length];
    const elapsed = seconds(clock.monotonic() - step.startedMs);
    const line = `${mark} ${step.title}${step.detail && `: ${step.detail}`} ${elapsed}`;
    writeError(eraseLine + line.slice(0, (width?.() ?? defaultWidth) - 1));
    this.#isDrawn = true;
  }
}

interface LiveStep {
  readonly title: string;
  readonly startedMs: number;
  detail: string;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Rows under headings, in columns as wide as their widest cell. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}
