import { describe, expect, it } from 'vitest';
import { consuming, graceMs } from './consumer-kit.ts';
import { gate, turns } from './turns.ts';

// One partition: how the lease is given back, for good or for a while.

describe('giving back', () => {
  it('is tried three times, and then left to the end of the lease, with a warning', async () => {
    const { consumer, news, test, warnings } = consuming();
    await consumer.want(true);
    news();
    const error = new Error('locked');
    test.release = async () => {
      throw error;
    };
    await consumer.want(false);
    expect(news()).toEqual(['stop', 'release', 'release', 'release']);
    expect(warnings).toEqual([
      ['A lease could not be released; it expires.', { subscription: 'mailer', error }],
    ]);
    // And is ours again when it is wanted.
    await turns();
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'start']);
  });

  it('is done with the second attempt where that succeeds', async () => {
    const { consumer, news, test, warnings } = consuming();
    await consumer.want(true);
    news();
    let attempts = 0;
    test.release = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('locked');
    };
    await consumer.want(false);
    expect(news()).toEqual(['stop', 'release', 'release']);
    expect(warnings).toEqual([]);
  });

  it('gives the worker the time of grace to finish, and leaves no appointment', async () => {
    const { consumer, test, clock } = consuming();
    await consumer.want(true);
    let isOver = false;
    test.stop = async (patience) => {
      await patience;
      isOver = true;
    };
    const ending = consumer.want(false);
    clock.advanceTo(graceMs - 1);
    await turns();
    expect(isOver).toBe(false);
    clock.advanceTo(graceMs);
    await ending;
    expect(isOver).toBe(true);
  });

  it('happens once, and what is wanted meanwhile is tried for afterwards', async () => {
    const { consumer, news, test } = consuming();
    await consumer.want(true);
    news();
    const hold = gate();
    test.stop = () => hold.opened;
    const [one, other] = [consumer.want(false), consumer.close()];
    const late = consumer.want(true);
    await turns();
    hold.open();
    await Promise.all([one, other, late]);
    await turns();
    expect(news()).toEqual(['stop', 'release']);
  });

  it('is followed by another try when the partition became ours again meanwhile', async () => {
    const { consumer, news, test } = consuming();
    await consumer.want(true);
    news();
    const hold = gate();
    test.stop = () => hold.opened;
    const ending = consumer.want(false);
    await consumer.want(true);
    hold.open();
    await ending;
    await turns();
    expect(news()).toEqual(['stop', 'release', 'again soon']);
  });
});

describe('a pause', () => {
  it('gives the lease back for the time of the work, and takes it again', async () => {
    const { consumer, news } = consuming();
    await consumer.want(true);
    news();
    const during: (readonly string[])[] = [];
    await consumer.pausedFor(async () => {
      during.push(news());
      await consumer.want(true);
      expect(consumer.worker).toBeUndefined();
    });
    expect(during).toEqual([['stop', 'release']]);
    await turns();
    expect(news().filter((what) => what !== 'again soon')).toEqual(['acquire', 'start']);
  });

  it('ends when the work fails, and its error is told', async () => {
    const { consumer, news } = consuming();
    await consumer.want(true);
    const error = new Error('no');
    const paused = consumer.pausedFor(async () => {
      throw error;
    });
    await expect(paused).rejects.toBe(error);
    await turns();
    news();
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'start']);
  });

  it('takes nothing that is not ours', async () => {
    const { consumer, news } = consuming();
    await consumer.pausedFor(async () => {});
    expect(news()).toEqual([]);
    await consumer.reset(Promise.resolve());
    expect(news()).toEqual([]);
  });

  it('waits for a try that is under way', async () => {
    const { consumer, news, test } = consuming();
    const hold = gate();
    test.acquire = () => hold.opened;
    void consumer.want(true);
    const paused = consumer.pausedFor(async () => void news());
    hold.open();
    await paused;
    await turns();
    expect(news().filter((what) => what !== 'again soon')).toEqual(['acquire', 'start']);
  });
});

describe('a reset', () => {
  it('ends the worker at once, and begins anew when the store is ready', async () => {
    const { consumer, news } = consuming();
    await consumer.want(true);
    news();
    const ready = gate();
    const resetting = consumer.reset(ready.opened);
    await turns();
    expect(news()[0]).toBe('abandon');
    await consumer.want(true);
    expect(news()).toEqual([]);
    ready.open();
    await resetting;
    expect(news()).toEqual(['acquire', 'start']);
  });

  it('ends as well the worker that was about to begin', async () => {
    const { consumer, news, test } = consuming();
    const hold = gate();
    test.acquire = () => hold.opened;
    void consumer.want(true);
    const resetting = consumer.reset(Promise.resolve());
    hold.open();
    await resetting;
    await turns();
    expect(news()).toEqual(['acquire', 'start', 'abandon', 'again soon']);
  });
});
