import { describe, expect, it } from 'vitest';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { RunningSubscription } from '../../src/engine/subscriptions/subscription.ts';
import { second, subscribing } from './subscription-kit.ts';

// One subscription in one engine, and its partitions.

const partitions = [0, 1, 2];
const all = (what: string) => partitions.map((partition) => `${what} ${partition}`);

describe('a subscription that starts', () => {
  it('takes part, then tries for the partitions that are its own', async () => {
    const { start, news } = subscribing();
    await start();
    expect(await news()).toEqual([
      'join',
      ...all('acquire').map((one) => `${one} from 0`),
      ...all('start'),
    ]);
    const shared = subscribing();
    shared.test.members = ['me', 'other'];
    const { status } = await shared.start().then((one) => ({ status: one.status() }));
    const own = (await shared.news()).filter((what) => what.startsWith('acquire'));
    expect(own).toEqual(['acquire 0 from 0', 'acquire 2 from 0']);
    expect(status.partitions.map(({ isOurs }) => isOurs)).toEqual([true, false, true]);
  });

  it.each([
    ['beginning', [0, 0, 0]],
    ['now', [100, 7, 102]],
    [{ time: 50 }, [50, 7, 52]],
  ] as const)('begins from %j where the store has no place for it yet', async (from, positions) => {
    const { start, test, news } = subscribing();
    test.checkpoints = [{ partition: 1, position: 7 }];
    await start({ from });
    const asked = (await news()).filter((what) => what.startsWith('acquire'));
    expect(asked).toEqual(positions.map((position, index) => `acquire ${index} from ${position}`));
  });

  it('is refused when it was run with other event types', async () => {
    const { start, news } = subscribing();
    await expect(start({ types: ['order.placed'] })).rejects.toMatchObject({
      code: 'subscriptionChanged',
    });
    expect(await news()).toEqual([]);
  });

  it('is told of events of its types', async () => {
    const { test, parts, settings } = subscribing();
    test.filter = 'order.placed';
    let matches: ((type: string) => boolean) | undefined;
    let handled: number | undefined;
    const types = ['order.placed'];
    const failing = (consumer: ConsumerParts) => {
      matches = consumer.matches;
      handled = consumer.outlook.handled;
      throw new Error('enough');
    };
    await RunningSubscription.start(parts, { ...settings, types }, () => {}, failing as never);
    expect(handled).toBe(0);
    expect([matches?.('order.placed'), matches?.('order.annotated')]).toEqual([true, false]);
  });
});

describe('a subscription that runs', () => {
  it('says how it stands, with nothing where another works', async () => {
    const { start, test } = subscribing();
    test.taken = [1];
    const subscription = await start();
    const figures = { position: 5, readPosition: 8, unfinished: 3, parkedLanes: 2, asideLanes: 1 };
    const nothing = { position: 0, readPosition: 0, unfinished: 0, parkedLanes: 0, asideLanes: 0 };
    expect(subscription.status()).toEqual({
      ...{ name: 'mailer', running: 0 },
      partitions: [
        { partition: 0, isOurs: true, ...figures },
        { partition: 1, isOurs: false, ...nothing },
        { partition: 2, isOurs: true, ...figures },
      ],
    });
  });

  it('passes on what it is told to all of its partitions', async () => {
    const { start, news } = subscribing();
    const subscription = await start();
    await news();
    subscription.wake();
    expect(await news()).toEqual(all('wake'));
    subscription.retry({ tenantId: 'default', orderId: 'order-1' });
    expect(await news()).toEqual(all('retry').map((one) => `${one} default/order-1`));
    await subscription.refreshParked();
    expect(await news()).toEqual(all('look').map((one) => `${one} Infinity`));
  });

  it('looks who takes part when it hears something, if others do', async () => {
    const alone = subscribing();
    const one = await alone.start();
    await alone.news();
    one.heard();
    await alone.pass(10 * second);
    expect(await alone.news()).toEqual(all('wake'));
    const { start, test, news, pass } = subscribing();
    test.members = ['me', 'other'];
    const subscription = await start();
    await news();
    subscription.heard();
    expect(await news()).toEqual(['wake 0', 'wake 2']);
    await pass(300);
    expect(await news()).toContain('join');
  });

  it('looks again and again who takes part, once others are or may be there', async () => {
    const alone = subscribing();
    expect((await alone.start()).isShared).toBe(false);
    await alone.pass(10 * second);
    expect((await alone.news()).filter((what) => what === 'join')).toHaveLength(1);
    const shared = subscribing(true);
    expect((await shared.start()).isShared).toBe(true);
    await shared.pass(10 * second);
    const joins = (await shared.news()).filter((what) => what === 'join');
    expect(joins.length).toBeGreaterThanOrEqual(9);
    const met = subscribing();
    met.test.members = ['me', 'other'];
    const subscription = await met.start();
    met.test.members = ['me'];
    await met.pass(10 * second);
    // Who was there may come back.
    expect(subscription.isShared).toBe(true);
    expect(subscription.status().partitions.every(({ isOurs }) => isOurs)).toBe(true);
  });

  it('meets company when a lease is refused, and tries for it again', async () => {
    const { start, test, news, pass } = subscribing();
    test.taken = [1];
    const subscription = await start();
    expect(subscription.isShared).toBe(true);
    await news();
    test.taken = [];
    await pass(second);
    expect(await news()).toContain('acquire 1 from 0');
  });

  it('tries again a while later when a lease cannot be taken, also alone', async () => {
    const { start, test, news, pass } = subscribing();
    test.acquire = async (partition) => {
      if (partition === 1) throw new Error('away');
    };
    await start();
    await news();
    test.acquire = async () => {};
    await pass(500);
    expect(await news()).toEqual([]);
    await pass(500);
    expect(await news()).toEqual(['join', 'acquire 1 from 0', 'start 1']);
  });

  it('tries again soon for a partition that it has to begin anew', async () => {
    const { start, news, pass, ended } = subscribing();
    await start();
    await news();
    ended.get(1)?.(false);
    await pass(300);
    expect(await news()).toEqual(['join', 'acquire 1 from 0', 'start 1']);
  });

  it('lets go of one partition for what moves its place, and of no other', async () => {
    const { start, news, told } = subscribing();
    const subscription = await start();
    await news();
    await subscription.pausedFor(1, async () => void told.push('moved'));
    expect(await news()).toEqual(['stop 1', 'release 1', 'moved', 'acquire 1 from 0', 'start 1']);
    await subscription.pausedFor(7, async () => void told.push('moved'));
    expect(await news()).toEqual([]);
  });

  it('begins anew with all of its partitions when the store was set back', async () => {
    const { start, news, test, pass, progress } = subscribing();
    const subscription = await start();
    await news();
    test.position = 0;
    let hasArrived = false;
    void subscription.caughtUp().then(() => {
      hasArrived = true;
    });
    await news();
    // The feed may end earlier now than when it was asked.
    test.feedEnd = () => 0;
    await subscription.reset(Promise.resolve());
    await pass(300);
    const told = await news();
    expect(told.slice(0, 3)).toEqual(all('abandon'));
    expect(told.filter((what) => what.startsWith('start')).toSorted()).toEqual(all('start'));
    expect(hasArrived).toBe(false);
    progress();
    await news();
    expect(hasArrived).toBe(true);
  });

  it('ends when another process has upgraded it, once, and says so', async () => {
    const { start, test, news, logged } = subscribing();
    const subscription = await start();
    expect(await subscription.isSuperseded()).toBe(false);
    await news();
    test.filter = 'order.placed';
    expect(await subscription.isSuperseded()).toBe(true);
    expect(await subscription.isSuperseded()).toBe(true);
    const fields = { subscription: 'mailer', known: 'order.placed', ours: '*' };
    expect(logged).toEqual([
      ['error', 'A subscription was upgraded elsewhere and ends here.', fields],
    ]);
    const told = await news();
    expect(told.filter((what) => what === 'closed')).toHaveLength(1);
  });
});
