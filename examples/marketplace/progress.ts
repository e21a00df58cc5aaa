import { bar, count, day } from './format.ts';

/** A stream that may be a terminal. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

/** Shows the progress of a run. */
export interface Progress {
  /** @param at The time of the virtual clock. */
  update(done: number, at: number): void;
  end(): void;
}

export const noProgress: Progress = { update: () => {}, end: () => {} };

const barWidth = 30;
const redrawsAtMost = 200;
const linesAtMost = 10;

/** Draws a bar that updates itself on a terminal; prints at most ten lines anywhere else. */
export function createProgress(output: Output, total: number): Progress {
  return output.isTTY === true ? createBar(output, total) : createLines(output, total);
}

/** Redraws a single line, and only when the bar has moved. */
function createBar(output: Output, total: number): Progress {
  let drawn = -1;
  return {
    update: (done, at) => {
      const step = Math.floor((done / total) * redrawsAtMost);
      if (step === drawn) return;
      drawn = step;
      const filled = bar(done, total, barWidth).padEnd(barWidth, '░');
      output.write(`\r\x1b[2K${filled} ${count(done)} of ${count(total)} commands  ${day(at)}`);
    },
    end: () => {
      output.write('\r\x1b[2K');
    },
  };
}

function createLines(output: Output, total: number): Progress {
  let told = 0;
  return {
    update: (done, at) => {
      const step = Math.floor((done / total) * linesAtMost);
      if (step === told) return;
      told = step;
      output.write(`${count(done)} of ${count(total)} commands, ${day(at)}\n`);
    },
    end: () => {},
  };
}
