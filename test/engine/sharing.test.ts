import { describe, expect, it } from 'vitest';
import type { SubscriptionStore } from '../../src/store/store.ts';
import { Group, partitions } from './group.ts';
import { until } from './kit.ts';
import { changed, partitionedStore, partitionOf } from './partitioned-store.ts';

const every = (step: number, from: number) =>
  Array.from({ length: partitions }, (_, index) => index).filter((at) => at % step === from);

describe('engines that run the same subscription', () => {
  it('share its partitions evenly, within two beats of a second', async () => {
    const group = new Group();
    await group.join();
    expect(group.partitionsOf(0)).toHaveLength(16);
    await group.join();
    await group.pass(2000);
    expect(group.partitionsOf(0)).toEqual(every(2, 0));
    expect(group.partitionsOf(1)).toEqual(every(2, 1));
    await group.join();
    await group.pass(2000);
    expect([0, 1, 2].map((by) => group.partitionsOf(by))).toEqual(
      [0, 1, 2].map((by) => every(3, by)),
    );
  });

  it('handle every event once, each those of its own partitions', async () => {
    const group = new Group();
    await group.join();
    await group.join();
    await group.pass(2000);
    await group.placeAll(100);
    await group.pass(2000);
    expect(group.told).toHaveLength(100);
    expect(group.told.every(({ by, orderId }) => partitionOf(orderId, 2) === by)).toBe(true);
  });

  it('with more engines than partitions leave some without work, and lose nothing', async () => {
    const group = new Group(partitionedStore(2));
    for (let count = 0; count < 4; count += 1) await group.join();
    await group.pass(3000);
    expect([0, 1, 2, 3].map((by) => group.partitionsOf(by))).toEqual([[0], [1], [], []]);
    await group.placeAll(20, group.members[3]?.engine);
    await group.pass(2000);
    expect(group.told).toHaveLength(20);
  });

  it('ask the store who takes part at most about once a second, in one call each', async () => {
    const inner = partitionedStore(partitions);
    let joins = 0;
    const store = changed(
      inner,
      {},
      {
        join: (request) => {
          joins += 1;
          return inner.subscriptions.join(request);
        },
      },
    );
    const group = new Group(store);
    await group.join();
    await group.join();
    await group.pass(2000);
    joins = 0;
    await group.pass(60_000);
    expect(joins).toBeGreaterThanOrEqual(2 * 60);
    expect(joins).toBeLessThanOrEqual(2 * 81);
  });

  it('go on as they were while the store cannot say who takes part', async () => {
    const inner = partitionedStore(partitions);
    let isAway = false;
    const store = changed(
      inner,
      {},
      {
        join: async (request) => {
          if (isAway) throw new Error('away');
          return inner.subscriptions.join(request);
        },
      },
    );
    const group = new Group(store);
    await group.join();
    await group.join();
    await group.pass(2000);
    isAway = true;
    await group.pass(2000);
    await group.placeAll(32);
    await group.pass(2000);
    expect(group.told).toHaveLength(32);
    expect(group.members[0]?.log.map(({ message }) => message)).toContain(
      'The members of a subscription could not be read; trying again.',
    );
    isAway = false;
    await group.pass(2000);
    expect([0, 1].map((by) => group.partitionsOf(by))).toEqual([every(2, 0), every(2, 1)]);
  });

  it('are woken at once by a store that can tell them', async () => {
    const inner = partitionedStore(partitions);
    const listeners = new Set<() => void>();
    const tell = () => {
      for (const listener of listeners) listener();
    };
    const store = changed(
      inner,
      {
        commit: (commits) => inner.commit(commits).finally(tell),
        listen: async (onNews) => {
          listeners.add(onNews);
          return async () => {
            listeners.delete(onNews);
          };
        },
      },
      {
        leave: (...args) => inner.subscriptions.leave(...args).finally(tell),
        release: (lease) => inner.subscriptions.release(lease).finally(tell),
      },
    );
    const group = new Group(store);
    await group.join();
    await group.join();
    await group.pass(5000);
    // No time passes here.
    await group.placeAll(32, group.members[0]?.engine);
    await until(() => group.told.length === 32);
    await group.members[0]?.engine.close();
    await group.pass(300);
    expect(group.partitionsOf(1)).toHaveLength(16);
    expect(listeners.size).toBe(1);
  });

  it('give a partition back although the store fails at it twice', async () => {
    const inner = partitionedStore(partitions);
    let failures = 2;
    const release: SubscriptionStore['release'] = async (lease) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('somebody else holds its row');
      }
      await inner.subscriptions.release(lease);
    };
    const group = new Group(changed(inner, {}, { release }));
    await group.join();
    await group.members[0]?.engine.close();
    await group.join();
    expect(failures).toBe(0);
    expect(group.partitionsOf(1)).toHaveLength(16);
    expect(group.members[0]?.log).toEqual([]);
  });

  it('do without the news of a store that cannot be listened to', async () => {
    const store = changed(partitionedStore(partitions), {
      listen: async () => {
        throw new Error('no');
      },
    });
    const group = new Group(store);
    await group.join();
    await group.placeAll(3);
    await group.pass(1000);
    expect(group.told).toHaveLength(3);
    expect(group.members[0]?.log.map(({ message }) => message)).toEqual([
      'Cannot listen for notifications; polling instead.',
    ]);
  });
});
