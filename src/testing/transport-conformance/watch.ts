import { inspect } from 'node:util';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** The active watchers: several if a runner runs cases at the same time. */
const watchers = new Set<string[]>();
let restoreConsole: (() => void) | undefined;

/** Returns what is written to the console while `work` runs. Some clients log there. */
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

/** Passes console output to every watcher. Returns a function that restores the console. */
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

/** Prints an error as a logger would, including all causes. */
export function printed(error: unknown): string {
  const own = error instanceof Error ? `${error.stack}\n${error.message}` : '';
  return `${own}\n${inspect(error, everything)}\n${jsonOf(error)}`;
}

/** Print without limits, so that no part of a body hides behind "... 900 more items". */
const everything = {
  depth: 8,
  breakLength: Number.POSITIVE_INFINITY,
  maxArrayLength: 10_000,
  maxStringLength: 1_000_000,
} as const;

/** Prints an error as a JSON logger would. Errors may contain cycles. */
function jsonOf(error: unknown): string {
  try {
    return JSON.stringify(error) ?? '';
  } catch {
    return '';
  }
}
