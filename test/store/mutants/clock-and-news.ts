import { setTimeout as sleep } from 'node:timers/promises';
import type { OrderStore } from '../../../src/store/store.ts';
import type { Mutant } from './mutant.ts';

const rightTime = 'it returns milliseconds since 1970 in UTC, within ten minutes of this machine';
const beginsAndEnds = 'listening starts, ends and may be ended again';

/** Replaces the clock. */
const clockMutant = (name: string, killedBy: string, change: (now: number) => number): Mutant => ({
  name,
  killedBy,
  mutate: ({ now }) => ({ now: async () => change((await now?.()) ?? 0) }),
});

/** Replaces how listening ends. */
const newsMutant = (
  name: string,
  killedBy: string,
  listen: (listen: NonNullable<OrderStore['listen']>) => NonNullable<OrderStore['listen']>,
): Mutant => ({
  name,
  killedBy,
  mutate: (store) => (store.listen ? { listen: listen(store.listen) } : {}),
});

const never = () => new Promise<never>(() => {});

/** Faults in the store's clock, and in listening. */
export const clockAndNewsMutants: readonly Mutant[] = [
  clockMutant('the clock is an hour off', rightTime, (now) => now + 3_600_000),
  clockMutant('the clock is that of a zone behind UTC', rightTime, (now) => now - 5.5 * 3_600_000),
  clockMutant('the clock tells seconds', rightTime, (now) => Math.floor(now / 1_000)),
  clockMutant('the clock has fractions', rightTime, (now) => now + 0.25),
  clockMutant(
    'the clock knows whole seconds only',
    'it advances in milliseconds, not in whole seconds',
    (now) => Math.floor(now / 1_000) * 1_000,
  ),
  {
    name: 'the clock stands still',
    killedBy: 'it advances in milliseconds, not in whole seconds',
    mutate: (store) => {
      let time: number | undefined;
      return {
        now: async () => {
          time ??= await store.now?.();
          return time ?? 0;
        },
      };
    },
  },
  newsMutant('listening never begins', beginsAndEnds, () => never),
  newsMutant('listening never ends', beginsAndEnds, (listen) => async (onNews) => {
    await listen(onNews);
    return never;
  }),
  newsMutant('ending it twice is an error', beginsAndEnds, (listen) => async (onNews) => {
    const end = await listen(onNews);
    let isOver = false;
    return async () => {
      if (isOver) throw new Error('It has ended already.');
      isOver = true;
      await end();
    };
  }),
  newsMutant(
    'news come after the end',
    'no news arrives after listening has ended, and ending one listener keeps the others',
    (listen) => async (onNews) => {
      await listen(onNews);
      return async () => undefined;
    },
  ),
  {
    name: 'closing waits for those that listen',
    killedBy: 'closing does not wait for active listeners',
    mutate: (store) => {
      let isListening = false;
      return {
        listen: async (onNews) => {
          const end = (await store.listen?.(onNews)) ?? (async () => undefined);
          isListening = true;
          return async () => {
            isListening = false;
            await end();
          };
        },
        close: async () => {
          for (let turn = 0; isListening && turn < 3_000; turn += 1) await sleep(1);
          await store.close();
        },
      };
    },
  },
  {
    name: 'who listens has the only connection',
    killedBy: 'a listener does not block other calls',
    mutate: (store) => {
      let ended = Promise.resolve();
      return {
        listen: async (onNews) => {
          const end = (await store.listen?.(onNews)) ?? (async () => undefined);
          const gate = Promise.withResolvers<void>();
          ended = gate.promise;
          return async () => {
            gate.resolve();
            await end();
          };
        },
        load: async (keys) => {
          await ended;
          return store.load(keys);
        },
      };
    },
  },
];
