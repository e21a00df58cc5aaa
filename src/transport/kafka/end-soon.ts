import { within } from '../within.ts';

/** Ends something that may not answer any more: waits a little, and lets it be. */
export async function endSoon(close: () => Promise<void>): Promise<void> {
  const goodbyeMs = 2_000;
  // Whatever it says, nobody uses it again.
  await within(close(), goodbyeMs).catch(() => undefined);
}
