import { setTimeout as delay } from 'node:timers/promises';
import type { Checkpoint, OrderStore } from '../../../src/index.ts';
import { chanceOf } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { estateOf, finish, startEngine, subscriptionName } from '../kit/finish.ts';
import { postgresTarget } from '../kit/target.ts';

// Promise 8: a process that handles events is frozen (SIGSTOP) for longer than its leases last,
// so others take its partitions over; then it wakes (SIGCONT) in the middle of whatever it did. It
// moves no checkpoint that is not its own any more: none goes back, and none past an event that was
// not handled.

export const freeze: FaultTest = {
  name: 'postgres-freeze',
  promise: 'a process that slept past its leases and wakes moves no checkpoint and skips no event',
  run,
};

const leaseDurationMs = 1000;

async function run({ seed, scale, url }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = postgresTarget(url);
  const start = (name: string) =>
    startEngine(target, { name, seed: seedOf(), clients: 4, leaseDurationMs });
  const seedOf = () => chance.between(0, 1_000_000);
  await using one = await start('one');
  await using other = await start('other');
  const watch = watchCheckpoints(await target.open());
  const freezes = 2 * scale;
  for (let count = 0; count < freezes; count += 1) {
    const [sleeper, awake] = chance.pick([
      [one, other],
      [other, one],
    ]);
    await sleeper.acknowledges(chance.between(1, 30));
    sleeper.freeze();
    await delay(leaseDurationMs + chance.between(100, 1500));
    // The one that is awake goes on meanwhile, and has the partitions of the sleeper by now.
    await awake.acknowledges(chance.between(1, 30));
    sleeper.thaw();
    await sleeper.acknowledges(1);
  }
  const wentBack = await watch.end();
  await Promise.all([one.terminate(), other.terminate()]);
  const { load, losses } = await finish(target, estateOf([one, other]));
  return {
    faults: { 'processes frozen': freezes },
    load: { ...load, 'checkpoints looked at': watch.looks },
    losses: [...losses, ...wentBack],
  };
}

/** Looks at the checkpoints again and again, and notes when one went back. */
function watchCheckpoints(store: OrderStore) {
  const highest = new Map<number, number>();
  const losses: string[] = [];
  let isEnded = false;
  const look = ({ partition, position }: Checkpoint): void => {
    const before = highest.get(partition) ?? 0;
    if (position < before) {
      losses.push(`the checkpoint of partition ${partition} went from ${before} to ${position}`);
    }
    highest.set(partition, position);
  };
  const watch = {
    looks: 0,
    end: async (): Promise<readonly string[]> => {
      isEnded = true;
      await watching;
      return losses;
    },
  };
  const watching = (async () => {
    while (!isEnded) {
      for (const one of await store.subscriptions.checkpoints(subscriptionName)) look(one);
      watch.looks += 1;
      await delay(20);
    }
  })();
  return watch;
}
