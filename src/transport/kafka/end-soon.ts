import { within } from '../within.ts';

/** Closes something that may not answer any more, and waits for it a limited time. */
export async function endSoon(close: () => Promise<void>): Promise<void> {
  const goodbyeMs = 2_000;
  // The outcome does not matter, since it is not used again.
  await within(close(), goodbyeMs).catch(() => undefined);
}
