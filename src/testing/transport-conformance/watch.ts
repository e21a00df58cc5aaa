import { inspect } from 'node:util';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** Those who listen; several when a runner runs cases side by side. */
const watchers = new Set<string[]>();
let restoreConsole: (() => void) | undefined;

/** What is written to the console while `work` runs, which should be nothing: clients like to. */
export async function watchConsole(work: () => Promise<void>): Promise<readonly string[]> {
  const written: string[] = [];
  watchers.add(written);
  restoreConsole ??= replaceConsole();
  try {
    await work();
  } finally {
    watchers.delete(written);
    if (watchers.size === 0) {
      restoreConsole?.();
      restoreConsole = undefined;
    }
  }
  return written;
}

/** Gives every watcher what is written; gives the function that undoes it. */
function replaceConsole(): () => void {
  const { console } = globalThis;
  const originals = methods.map((method) => [method, console[method]] as const);
  for (const method of methods) {
    console[method] = (...values: unknown[]) => {
      const text = values.map((value) => inspect(value)).join(' ');
      for (const written of watchers) written.push(text);
    };
  }
  return () => {
    for (const [method, original] of originals) console[method] = original;
  };
}

/** What a logger would print of an error, all the way down its causes. */
export function printed(error: unknown): string {
  const own = error instanceof Error ? `${error.stack}\n${error.message}` : '';
  return `${own}\n${inspect(error, everything)}\n${jsonOf(error)}`;
}

/** Nothing of a body may hide behind "... 900 more items". */
const everything = {
  depth: 8,
  breakLength: Number.POSITIVE_INFINITY,
  maxArrayLength: 10_000,
  maxStringLength: 1_000_000,
} as const;

/** What loggers that write JSON make of it; errors may refer to themselves. */
function jsonOf(error: unknown): string {
  try {
    return JSON.stringify(error) ?? '';
  } catch {
    return '';
  }
}
