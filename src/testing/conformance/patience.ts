import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const turnCountMax = 1_000;

/**
 * Waits until `isThere` returns true. Fails after a thousand turns, each of which also makes
 * `otherCall`. This distinguishes a hang from a slow machine, on which both are slow.
 */
export async function eventually(
  what: string,
  isThere: () => boolean,
  otherCall: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  for (let turn = 0; turn < turnCountMax; turn += 1) {
    if (isThere()) return;
    await otherCall();
    await sleep(1);
  }
  assert.ok(isThere(), what);
}

/** Returns the value of a promise. Fails if the promise hangs. */
export async function settled<Value>(
  what: string,
  promise: Promise<Value>,
  otherCall?: () => Promise<unknown>,
): Promise<Value> {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  await eventually(`${what} does not settle`, () => isSettled, otherCall);
  return promise;
}
