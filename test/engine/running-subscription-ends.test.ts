import { describe, expect, it } from 'vitest';
import { second, subscribing } from './subscription-kit.ts';
import { turns } from './turns.ts';

// Who waits for one subscription of an engine, and how it ends.

const all = (what: string) => [0, 1, 2].map((partition) => `${what} ${partition}`);
const never = () => new Promise<void>(() => {});

describe('who waits until a subscription has caught up', () => {
  it('wakes it, and waits until its workers have come as far', async () => {
    const { start, test, news, progress } = subscribing();
    const subscription = await start();
    await news();
    let hasArrived = false;
    void subscription.caughtUp().then(() => {
      hasArrived = true;
    });
    expect(await news()).toEqual(all('wake'));
    test.position = 101;
    progress();
    await turns();
    expect(hasArrived).toBe(false);
    test.position = 102;
    progress();
    await turns();
    expect(hasArrived).toBe(true);
  });

  it('waits for those of others too, whose checkpoints tell how far they came', async () => {
    const { start, test, news, progress, pass } = subscribing();
    test.taken = [1];
    test.position = 102;
    const subscription = await start();
    let hasArrived = false;
    void subscription.caughtUp().then(() => {
      hasArrived = true;
    });
    await news();
    progress();
    expect(hasArrived).toBe(false);
    test.checkpoints = [{ partition: 1, position: 101 }];
    await pass(second);
    expect(hasArrived).toBe(true);
  });

  it('is told when it was closed, before or meanwhile', async () => {
    const { start } = subscribing();
    const subscription = await start();
    const waiting = expect(subscription.caughtUp()).rejects.toMatchObject({ code: 'aborted' });
    await subscription.close();
    await waiting;
    await expect(subscription.caughtUp()).rejects.toMatchObject({
      code: 'subscriptionUnknown',
      message:
        "There is no subscription 'mailer': it does not run in this engine, and never ran on this store.",
      details: { name: 'mailer' },
    });
  });
});

describe('a subscription that closes', () => {
  it('leaves first, then gives its partitions back, once', async () => {
    const { start, news, pass, logged } = subscribing();
    const subscription = await start();
    await news();
    await Promise.all([subscription.close(), subscription.close()]);
    const told = await news();
    expect(told).toEqual(['leave', ...all('stop'), ...all('release'), 'closed']);
    subscription.heard();
    await pass(10 * second);
    expect(await news()).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('waits no longer than the time of grace, says so, and lets its workers go', async () => {
    const { start, test, news, pass, logged } = subscribing();
    const subscription = await start();
    test.stop = never;
    void subscription.close();
    await news();
    await pass(5 * second);
    expect(await news()).toEqual([]);
    await pass(second);
    expect(await news()).toEqual([...all('abandon'), 'closed']);
    expect(logged).toEqual([
      [
        'warn',
        'A subscription closed before all of its work ended; its leases expire.',
        { subscription: 'mailer' },
      ],
    ]);
  });

  it('shares out nothing more', async () => {
    const { start, test, news, pass } = subscribing(true);
    const subscription = await start();
    const hold = Promise.withResolvers<void>();
    test.join = () => hold.promise;
    await pass(second);
    await news();
    void subscription.close();
    test.taken = [];
    hold.resolve();
    const told = await news();
    expect(told.filter((what) => what.startsWith('acquire'))).toEqual([]);
  });
});
