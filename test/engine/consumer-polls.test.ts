import { describe, expect, it } from 'vitest';
import { consuming, second } from './consumer-kit.ts';
import { turns } from './turns.ts';

// In company nobody wakes us: the feed is looked at, and the lease kept, again and again.

async function inCompany(random = 1) {
  const test = consuming(random);
  test.test.isShared = true;
  await test.consumer.want(true);
  test.told.splice(0);
  const looks = () => test.told.filter(([what]) => what === 'hold').map(([, atMs]) => atMs);
  return { ...test, looks };
}

describe('a partition in company', () => {
  it('is looked at after 25 ms, and half as often each time that nothing came', async () => {
    const { looks, passTo, names } = await inCompany();
    await passTo(5 * second);
    // The first time it cannot know that nothing came.
    expect(looks()).toEqual([25, 50, 100, 200, 400, 800, 1600, 2600, 3600, 4600]);
    expect(names().slice(0, 2)).toEqual(['hold', 'wake']);
  });

  it('is looked at a quarter sooner at the earliest', async () => {
    const { looks, passTo } = await inCompany(0);
    await passTo(60);
    expect(looks()).toEqual([19, 38]);
  });

  it('is looked at often again when something came, or when we are woken', async () => {
    const { consumer, looks, passTo, test, told } = await inCompany();
    await passTo(5 * second);
    told.splice(0);
    test.readPosition = 6;
    await passTo(5700);
    expect(looks()).toEqual([5600, 5625, 5675]);
    await passTo(10 * second);
    told.splice(0);
    consumer.wake();
    await passTo(11_100);
    const [first = 0, ...later] = looks();
    expect(later.slice(0, 2)).toEqual([first + 50, first + 150]);
  });

  it('is not looked at where we are alone', async () => {
    const { consumer, names, passTo } = consuming();
    await consumer.want(true);
    await passTo(60 * second);
    expect(names()).toEqual(['acquire', 'start']);
  });

  it('is not looked at any more when we are alone again, or have given it back', async () => {
    const alone = await inCompany();
    alone.test.isShared = false;
    await alone.passTo(60 * second);
    expect(alone.looks()).toEqual([25]);
    const given = await inCompany();
    await given.consumer.want(false);
    await given.passTo(60 * second);
    expect(given.looks()).toEqual([]);
    const closed = await inCompany();
    await closed.consumer.close();
    await closed.passTo(60 * second);
    expect(closed.looks()).toEqual([]);
    await closed.consumer.want(true);
    expect(closed.names()).toEqual(['stop', 'release']);
  });

  it('that is lost is not looked at, and not woken', async () => {
    const { names, test, passTo } = await inCompany();
    test.isHeld = false;
    await passTo(25);
    expect(names()).toEqual(['hold']);
    test.ended[0]?.(true);
    await turns();
    await passTo(60 * second);
    expect(names()).toEqual(['hold', 'company', 'again soon']);
  });

  it('is looked at again although its lease could not be renewed, and a warning says so', async () => {
    const { looks, passTo, test, warnings } = await inCompany();
    const error = new Error('away');
    test.hold = async () => {
      throw error;
    };
    await passTo(75);
    expect(looks()).toEqual([25, 50]);
    expect(warnings).toEqual([
      ['A lease could not be renewed; trying again.', { subscription: 'mailer', error }],
      ['A lease could not be renewed; trying again.', { subscription: 'mailer', error }],
    ]);
  });

  it('has its parked orders looked at every five seconds, one page, while there are any', async () => {
    const { passTo, test, told } = await inCompany();
    await passTo(4 * second);
    expect(told.filter(([what]) => what.startsWith('parked'))).toEqual([]);
    test.parkedCount = 1;
    await passTo(20 * second);
    const looks = told.filter(([what]) => what.startsWith('parked'));
    expect(looks.map(([what]) => what)).toEqual(Array(looks.length).fill('parked 1'));
    expect(looks.map(([, atMs]) => atMs)).toEqual([4600, 9600, 14_600, 19_600]);
  });
});
