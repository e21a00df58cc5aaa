import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for a machine under load; only there so that a test fails instead of hanging. */
const patienceMs = 600_000;

/**
 * Waits for something that other processes bring about.
 *
 * @param what Completes the sentence of the error: it waited for ...
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  limitMs = patienceMs,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs} ms in vain for ${what}.`);
    await delay(10);
  }
}
