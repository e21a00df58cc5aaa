import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const turnCountMax = 1_000;

/**
 * Waits for what must come by itself, and fails when it has not after a thousand turns, in each of
 * which `otherCall` is made as well: so a hang is told from a slow machine, which makes both slow.
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

/** The value of a promise that must not hang. */
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
  await eventually(`${what} does not come to an end`, () => isSettled, otherCall);
  return promise;
}
