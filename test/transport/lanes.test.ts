import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Capacity, type LaneEntry, Lanes } from '../../src/transport/lanes.ts';

/** Lanes of one connection, and what was handed out by it. */
function connection(capacity: Capacity) {
  const handed: LaneEntry<string>[] = [];
  const lanes = new Lanes<string>(capacity, (entry) => handed.push(entry));
  return { lanes, handed, items: () => handed.map(({ item }) => item) };
}

it.each(['clear', 'stop'] as const)('what waited for room is withdrawn by `%s`', async (how) => {
  const withdrawn: unknown[] = [];
  class Watched extends Capacity {
    override withdraw(go: () => void): void {
      withdrawn.push(go);
      super.withdraw(go);
    }
  }
  const capacity = new Watched(1);
  const { lanes, handed, items } = connection(capacity);
  for (const key of ['a', 'b', 'c']) lanes.add(key, key);
  lanes[how]();
  expect(withdrawn).toHaveLength(2);
  for (const entry of handed) lanes.done(entry);
  await nextTurn();
  expect(items()).toEqual(['a']);
});

it('what is in hand of a connection that is gone takes room until it is answered', async () => {
  const capacity = new Capacity(1);
  const gone = connection(capacity);
  gone.lanes.add('a', 'a');
  for (let count = 0; count < 20_000; count += 1) gone.lanes.add('', `${count}`);
  gone.lanes.clear();
  const next = connection(capacity);
  next.lanes.add('a', 'a again');
  expect(next.items()).toEqual([]);
  for (const entry of gone.handed) gone.lanes.done(entry);
  await nextTurn();
  expect(next.items()).toEqual(['a again']);
});

it('any number that leave at once are let in one after the other, in the order of asking', async () => {
  const capacity = new Capacity(1);
  const entered: number[] = [];
  capacity.enter(() => undefined);
  const numbers = Array.from({ length: 20_000 }, (_, index) => index);
  for (const number of numbers) {
    capacity.enter(() => {
      entered.push(number);
      capacity.leave();
    });
  }
  capacity.leave();
  while (entered.length < numbers.length) await nextTurn();
  expect(entered).toEqual(numbers);
});

it('hands nothing out while whoever acks still has the one before in hand', async () => {
  const { lanes, handed, items } = connection(new Capacity(2));
  lanes.add('a', 'a1');
  lanes.add('a', 'a2');
  lanes.add('b', 'b1');
  lanes.add('c', 'c1');
  const [first] = handed;
  expect.assert(first !== undefined);
  lanes.done(first);
  // As long as promises take.
  for (let count = 0; count < 100; count += 1) await Promise.resolve();
  expect(items()).toEqual(['a1', 'b1']);
  await nextTurn();
  expect(items()).toEqual(['a1', 'b1', 'c1']);
});
