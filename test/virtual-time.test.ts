import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { useVirtualTime } from './virtual-time.ts';

useVirtualTime();

it('stands still on a way of many turns', async () => {
  const way = async () => {
    for (let count = 0; count < 200; count += 1) await turn();
    return 'arrived';
  };
  expect(await Promise.race([way(), delay(1000, 'too late')])).toBe('arrived');
});

it('moves on where nothing but timers is waited for', async () => {
  const startedAt = performance.now();
  await delay(60_000);
  expect(performance.now() - startedAt).toBe(60_000);
});
