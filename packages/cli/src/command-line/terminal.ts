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
}

/** A step that takes no longer than this leaves no trace of progress. */
const quietMs = 1_000;
const frameMs = 100;
const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const eraseLine = '\r\u001b[2K';

export function createTerminal(options: TerminalOptions): Terminal {
  const note = (text: string) => options.writeError(`${text}\n`);
  return {
    print: (text) => options.writeOutput(text.endsWith('\n') ? text : `${text}\n`),
    note,
    step: (title, work) =>
      options.isLive ? liveStep(options, title, work) : plainStep(options, title, work),
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

async function liveStep<T>(
  { clock, writeError }: TerminalOptions,
  title: string,
  work: (report: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const startedMs = clock.monotonic();
  let detail = '';
  let frame = 0;
  const draw = () => {
    const elapsed = seconds(clock.monotonic() - startedMs);
    writeError(
      `${eraseLine}${frames[frame++ % frames.length]} ${title}${detail && `: ${detail}`} ${elapsed}`,
    );
    timer = clock.after(frameMs, draw);
  };
  let timer = clock.after(quietMs, draw);
  const end = (mark: string) =>
    writeError(`${eraseLine}${mark} ${title} ${seconds(clock.monotonic() - startedMs)}\n`);
  try {
    const result = await work((text) => {
      detail = text;
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
