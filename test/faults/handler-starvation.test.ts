import { describe, expect, it } from 'vitest';
import { goodOnesBehind, names, passUntil } from '../engine/starvation.ts';
import { openedStore, storeKinds } from './kit/opened-stores.ts';

describe.each(storeKinds)('on %s', (kind) => {
  it.each([10, 1000, 10_000])(
    '%d orders whose handler fails for now hold up no other, and are handled when it works',
    async (count) => {
      const { engine, clock, told, failing, passedMs } = await goodOnesBehind(
        await openedStore(kind),
        count,
      );
      expect(passedMs).toBeLessThan(600_000);
      failing.is = () => false;
      const bad = names('bad', count);
      await passUntil({ engine, clock }, () => bad.every((id) => told.has(id)));
      for (const id of bad) expect(told.get(id), id).toEqual([1]);
      expect(await engine.subscriptions.parked('moody')).toEqual([]);
    },
  );
});
