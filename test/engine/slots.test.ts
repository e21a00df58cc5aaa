import { describe, expect, it } from 'vitest';
import { Activity } from '../../src/engine/kernel/activity.ts';
import { Slots } from '../../src/engine/kernel/slots.ts';
import { turns } from './turns.ts';

// Who runs when more want to than may.

function slots(limit: number) {
  const activity = new Activity();
  const own = new Slots(limit, activity);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const request = (name: string, isRetry?: boolean) => {
    const run = () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    };
    own.request({ run }, isRetry);
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await turns(2);
  };
  /** Those that have begun since the last time. */
  const news = () => begun.splice(0);
  return { slots: own, activity, request, end, news };
}

describe('slots', () => {
  it('are free at first, and nobody waits', () => {
    expect(slots(1).slots).toMatchObject({ running: 0, hasLine: false });
  });

  it('are given in the order of asking, so many at once', async () => {
    const { slots: own, request, end, news } = slots(2);
    for (const name of ['a', 'b', 'c', 'd']) request(name);
    expect(news()).toEqual(['a', 'b']);
    expect(own).toMatchObject({ running: 2, hasLine: true });
    await end('b');
    expect(news()).toEqual(['c']);
    await end('a');
    expect(news()).toEqual(['d']);
    expect(own).toMatchObject({ running: 2, hasLine: false });
    await end('c');
    await end('d');
    expect(own).toMatchObject({ running: 0, hasLine: false });
  });

  it('count as something going on while somebody runs', async () => {
    const { activity, request, end } = slots(1);
    request('a');
    let isIdle = false;
    void activity.idle().then(() => {
      isIdle = true;
    });
    request('b');
    await end('a');
    expect(isIdle).toBe(false);
    await end('b');
    expect(isIdle).toBe(true);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 3],
    [7, 6],
    [8, 6],
    [16, 12],
  ])('of %i no more than %i go to what failed before', async (limit, most) => {
    const { slots: own, request, end, news } = slots(limit);
    for (let index = 0; index < 20; index += 1) request(`retry-${index}`, true);
    expect(news()).toHaveLength(most);
    expect(own).toMatchObject({ running: most, hasLine: true });
    // One that ends makes way for one more, and only one.
    await end('retry-0');
    expect(news()).toEqual([`retry-${most}`]);
    // What did not fail finds the slots that are left.
    for (let index = 0; index < limit; index += 1) request(`new-${index}`);
    expect(news()).toHaveLength(limit - most);
  });

  it('that what did not fail has had are for what failed again', async () => {
    const { request, end, news } = slots(4);
    for (const name of ['a', 'b', 'c', 'd']) {
      request(name);
      await end(name);
    }
    news();
    for (let index = 0; index < 4; index += 1) request(`retry-${index}`, true);
    expect(news()).toHaveLength(3);
  });

  it('go to a retry every fourth time while both lines wait', async () => {
    const { request, end, news } = slots(1);
    request('first');
    const numbers = Array.from({ length: 8 }, (_, index) => index);
    for (const number of numbers) request(`new-${number}`);
    for (const number of numbers) request(`retry-${number}`, true);
    const order: string[] = [];
    for (let index = 0; index < 16; index += 1) {
      for (const name of news()) {
        order.push(name);
        await end(name);
      }
    }
    expect(order.slice(1, 9)).toEqual([
      ...['new-0', 'new-1', 'new-2', 'retry-0', 'new-3', 'new-4', 'new-5', 'retry-1'],
    ]);
    // With nobody else in line, all of them are for those that failed.
    expect(order.slice(9)).toEqual([
      ...['new-6', 'new-7', 'retry-2', 'retry-3', 'retry-4', 'retry-5', 'retry-6'],
    ]);
  });
});
