import { describe, expect, it } from 'vitest';
import { consuming, graceMs, second } from './consumer-kit.ts';
import { gate, turns } from './turns.ts';

// One partition: when it asks for the lease, and when it works.

describe('a partition that is ours', () => {
  it('is worked on once its lease is taken, and given back when it is not ours any more', async () => {
    const { consumer, news, requests, clock } = consuming();
    clock.advanceTo(7);
    expect(consumer.isMissing).toBe(false);
    const wanted = consumer.want(true);
    expect(consumer.isMissing).toBe(true);
    await wanted;
    expect(consumer.isMissing).toBe(false);
    expect(requests).toEqual([
      {
        subscription: 'mailer',
        partition: 3,
        owner: 'me',
        durationMs: 15 * second,
        startPosition: 2,
        now: 7,
      },
    ]);
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'start']);
    expect(consumer.worker).toBeDefined();
    await consumer.want(false);
    expect(news()).toEqual(['stop', 'release']);
    expect(consumer.worker).toBeUndefined();
    expect(consumer.isMissing).toBe(false);
    await consumer.want(false);
    expect(news()).toEqual([]);
  });

  it('is asked for once at a time', async () => {
    const { consumer, news, test } = consuming();
    const hold = gate();
    test.acquire = () => hold.opened;
    const [one, other] = [consumer.want(true), consumer.want(true)];
    hold.open();
    await Promise.all([one, other]);
    expect(news()).toEqual(['acquire', 'start']);
  });

  it('whose lease another has is tried for again later', async () => {
    const { consumer, news, test, warnings } = consuming();
    test.isFree = false;
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'company', 'again later']);
    expect(warnings).toEqual([]);
    test.isFree = true;
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'start']);
  });

  it.each(['acquire', 'start'] as const)(
    'is tried for again later when %s fails, and a warning says so',
    async (what) => {
      const { consumer, names, test, warnings } = consuming();
      const error = new Error('away');
      test[what] = async () => {
        throw error;
      };
      await consumer.want(true);
      expect(names().at(-1)).toBe('again later');
      expect(consumer.worker).toBeUndefined();
      expect(warnings).toEqual([
        ['A lease could not be acquired; trying again.', { subscription: 'mailer', error }],
      ]);
    },
  );

  it('that is not ours any more when the lease comes is given back', async () => {
    const { consumer, news, test, activity } = consuming();
    const hold = gate();
    test.acquire = () => hold.opened;
    const wanted = consumer.want(true);
    await consumer.want(false);
    hold.open();
    await wanted;
    await activity.idle();
    expect(news()).toEqual(['acquire', 'start', 'stop', 'release']);
    expect(consumer.worker).toBeUndefined();
  });

  it('is not worked on once another process has upgraded the subscription', async () => {
    const { consumer, news, test } = consuming();
    test.isSuperseded = true;
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'release', 'again later']);
    expect(consumer.worker).toBeUndefined();
    test.isFree = false;
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'company', 'again later']);
  });

  it('passes on what it is told while it is worked on', async () => {
    const { consumer, news } = consuming();
    consumer.wake();
    consumer.retry();
    await consumer.refreshParked();
    expect(news()).toEqual([]);
    await consumer.want(true);
    consumer.wake();
    consumer.retry();
    consumer.retry({ tenantId: 't', orderId: 'order-1' });
    await consumer.refreshParked();
    expect(news().slice(2)).toEqual(['wake', 'retry all', 'retry order-1', 'parked Infinity']);
  });
});

describe('a lease that is lost', () => {
  it('makes company known, and is tried for again when its handlers have ended', async () => {
    const { consumer, news, test, warnings } = consuming();
    await consumer.want(true);
    news();
    test.handlers.begin();
    test.ended[0]?.(true);
    await turns();
    expect(consumer.worker).toBeUndefined();
    expect(consumer.isMissing).toBe(true);
    expect(news()).toEqual(['company']);
    expect(warnings).toEqual([
      [
        'A lease was lost to another owner; no longer working on its partition.',
        { subscription: 'mailer', partition: 3 },
      ],
    ]);
    // A new worker would overtake them.
    await consumer.want(true);
    expect(news()).toEqual([]);
    test.handlers.end();
    await turns();
    expect(news()).toEqual(['again soon']);
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'start']);
  });

  it('is tried for again although a handler hangs, after the time of grace', async () => {
    const { consumer, news, test, clock } = consuming();
    await consumer.want(true);
    news();
    test.handlers.begin();
    test.ended[0]?.(true);
    await turns();
    clock.advanceTo(graceMs - 1);
    await turns();
    expect(news()).toEqual(['company']);
    clock.advanceTo(graceMs);
    await turns();
    expect(news()).toEqual(['again soon']);
  });

  it('is nobody’s matter where it only begins anew', async () => {
    const { consumer, news, test, warnings } = consuming();
    await consumer.want(true);
    news();
    test.ended[0]?.(false);
    await turns();
    expect(news()).toEqual(['again soon']);
    expect(warnings).toEqual([]);
  });

  it('is not tried for again where the partition is not ours any more, nor after the end', async () => {
    for (const end of ['want', 'close'] as const) {
      const { consumer, news, test } = consuming();
      await consumer.want(true);
      test.handlers.begin();
      test.ended[0]?.(true);
      await (end === 'want' ? consumer.want(false) : consumer.close());
      test.handlers.end();
      await turns();
      expect(news()).toEqual(['acquire', 'start', 'company']);
    }
  });
});
