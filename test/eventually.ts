import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks again until `probe` answers something other than undefined or false, and gives that back.
 * For what happens in another process (a server), where there is no event to await. Rejects with
 * `what` when it has not come within `deadlineMs`, which only ends a test that would hang.
 *
 * @example
 * await eventually('all have arrived', () => received.length === 100);
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadlineMs = 600_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (isThere(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(`Not within ${deadlineMs} ms: ${what}. Last answer: ${String(answer)}.`);
    }
    await pause(10);
  }
}

function isThere<T>(answer: T): answer is Exclude<T, undefined | false> {
  return answer !== undefined && answer !== false;
}
