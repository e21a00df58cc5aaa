import assert from 'node:assert/strict';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';

/** How often a condition is checked. Brokers are other processes, so real time must pass. */
const pollIntervalMs = 5;

/** Waits until `check` returns true. Fails after `patienceMs`, naming `what` it waited for. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await check())) {
    if (performance.now() > deadline) assert.fail(`not within ${patienceMs} ms: ${what}`);
    await pause(pollIntervalMs);
  }
}

/** Returns the value of `promise`. Fails if it does not settle in time, so that no case hangs. */
export async function within<Value>(
  what: string,
  promise: Promise<Value>,
  patienceMs: number,
): Promise<Value> {
  const abandon = new AbortController();
  const tooLate = pause(patienceMs, undefined, { signal: abandon.signal }).then(
    () => assert.fail(`not within ${patienceMs} ms: ${what}`),
    // The promise settled first, so this outcome is ignored.
    (): never => undefined as never,
  );
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    abandon.abort();
  }
}

/** Waits a few turns of the event loop. */
export async function turns(count = 5): Promise<void> {
  for (let index = 0; index < count; index += 1) await turn();
}
