import { vi } from 'vitest';

/** Runs an example's main file; its own assertions decide, and what it prints is given back. */
export async function printedBy(load: () => Promise<unknown>): Promise<string> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await load();
    return log.mock.calls.map((values) => values.map(String).join(' ')).join('\n');
  } finally {
    log.mockRestore();
  }
}
