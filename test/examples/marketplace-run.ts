import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { runMarketplace } from '../../examples/marketplace/marketplace.ts';
import type { Summary } from '../../examples/marketplace/summary.ts';

/** The folder with the small sample. */
export const sample = fileURLToPath(new URL('../../examples/marketplace/sample', import.meta.url));

/** How a run ended, and what it wrote. */
export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly isTTY?: boolean;
  /** Interrupts the run as soon as it writes this. */
  readonly interruptAt?: string;
}

/** Runs the example as its command line does. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { isTTY = false, interruptAt } = options;
  const written = { stdout: '', stderr: '' };
  const interruption = new AbortController();
  const output = (name: 'stdout' | 'stderr') => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
      if (interruptAt !== undefined && text.includes(interruptAt)) interruption.abort();
    },
  });
  const exitCode = await runMarketplace(args, {
    stdout: output('stdout'),
    stderr: output('stderr'),
    signal: interruption.signal,
  });
  return { exitCode, ...written };
}

/** The summary of a run in which nothing goes wrong. */
export async function runJson(...args: readonly string[]): Promise<Summary> {
  const { exitCode, stdout, stderr } = await run([...args, '--json']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** What must be the same whenever and wherever the orders are run. */
export function outcomeOf({ orders, status, money, discrepancies, lawsBroken }: Summary) {
  return { orders, status, money, open: discrepancies.open, lawsBroken };
}
