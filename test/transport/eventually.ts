import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `check` holds; brokers are other processes, so real time must pass. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  patienceMs = 30_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await pause(10);
  }
}
