import { inspect } from 'node:util';

const methods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** What `work` writes to the console, which it should not: clients like to. */
export async function watchConsole(work: () => Promise<void>): Promise<readonly string[]> {
  const written: string[] = [];
  const { console } = globalThis;
  const originals = methods.map((method) => [method, console[method]] as const);
  for (const method of methods) {
    console[method] = (...values: unknown[]) => {
      written.push(values.map((value) => inspect(value)).join(' '));
    };
  }
  try {
    await work();
  } finally {
    for (const [method, original] of originals) console[method] = original;
  }
  return written;
}

/** What a logger would print of an error, all the way down its causes. */
export function printed(error: unknown): string {
  const own = error instanceof Error ? `${error.stack}\n${error.message}` : '';
  return `${own}\n${inspect(error, { depth: 8, breakLength: Number.POSITIVE_INFINITY })}`;
}
