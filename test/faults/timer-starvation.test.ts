import { describe, it } from 'vitest';
import { expectNoStarvation } from '../engine/failing-deadlines.ts';
import { openedStore, storeKinds } from './kit/opened-stores.ts';

describe.each(storeKinds)('on %s', (kind) => {
  it.each([10, 1000, 10_000])(
    '%d deadlines that cannot be fired hold up no other',
    async (count) => {
      await expectNoStarvation(await openedStore(kind), count);
    },
    // Only to end a test that hangs: fifty thousand attempts take a busy server some minutes.
    600_000,
  );
});
