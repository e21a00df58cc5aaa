import { describe, expect, it } from 'vitest';
import { type Hanging, hang } from './hanging.ts';
import { place, testEngine, turns } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';

const second = 1000;
const graceMs = 5 * second;

describe('a subscription that closes while the store hangs', () => {
  it.each(['join', 'leave', 'acquire', 'release', 'checkpoint', 'feed'] as const)(
    'ends within the time of grace and two seconds: %s',
    async (name) => {
      const hanging: Hanging = { is: false };
      const inner = partitionedStore(1);
      const { subscriptions } = inner;
      const store =
        name === 'feed'
          ? changed(inner, { feed: hang(hanging, inner.feed) })
          : changed(inner, {}, { [name]: hang(hanging, subscriptions[name] as never) });
      const { engine, clock } = await testEngine({ store, closeGraceMs: graceMs });
      const subscription = await engine.subscribe({
        name: 'mailer',
        from: 'beginning',
        handler: () => {},
      });
      await clock.runTo(clock.now() + 100, () => turns());
      hanging.is = true;
      await engine.execute(place('new'));
      await clock.runTo(clock.now() + 10 * second, () => turns());
      let isClosed = false;
      void subscription.close().then(() => {
        isClosed = true;
      });
      await clock.runTo(clock.now() + graceMs + 2 * second, () => turns());
      const wasClosed = isClosed;
      // Whatever came of it, the engine ends too.
      void engine.close();
      await clock.runTo(clock.now() + graceMs + 2 * second, () => turns());
      expect(wasClosed).toBe(true);
    },
  );
});
