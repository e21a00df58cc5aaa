import { setImmediate as nextTurn } from 'node:timers/promises';

// Apart from the rest of the kit, so that tests of single parts need not load an engine.

/** Lets the event loop turn until something has come about. */
export async function until(hasComeAbout: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000; turn += 1) {
    if (hasComeAbout()) return;
    await nextTurn();
  }
  throw new Error('It did not come about.');
}

/** Lets everything happen that needs no clock, so that what did not happen will not. */
export async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

/** A promise that the test resolves when it wants to. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
