import { describe, expect, it } from 'vitest';
import { OrderchartError } from '../../src/errors.ts';
import { consuming } from './consumer-kit.ts';
import { gate, turns } from './turns.ts';

// One partition: what it says of the lease it had before, when it asks for the next one.

const known = { subscription: 'mailer', partition: 3, position: 5, history: 1 };

/** Had the lease, and lost it to another owner. */
async function lost() {
  const world = consuming();
  await world.consumer.want(true);
  world.test.ended[0]?.(true);
  await turns();
  world.news();
  world.requests.length = 0;
  return world;
}

describe('a lease that is asked for again', () => {
  it('comes with what was known of it', async () => {
    const { consumer, requests } = await lost();
    await consumer.want(true);
    expect(requests).toMatchObject([{ known }]);
  });

  it('comes with nothing that is not so any more: after a reset', async () => {
    const { consumer, requests, test } = await lost();
    await consumer.want(true);
    requests.length = 0;
    await consumer.reset(Promise.resolve());
    await turns();
    await consumer.want(true);
    expect(requests).toMatchObject([{ partition: 3, known: undefined }]);
    // The lease that came of it is known again.
    test.ended.at(-1)?.(true);
    await turns();
    await consumer.want(true);
    expect(requests.at(-1)).toMatchObject({ known });
  });

  it.each([
    ['a store of another history', 'historyChanged', undefined],
    ['any other failure', 'storeUnavailable', known],
  ] as const)('comes with what is so still after %s', async (_, code, expected) => {
    const { consumer, requests, test } = await lost();
    test.acquire = async () => {
      throw new OrderchartError(code, 'no');
    };
    await consumer.want(true);
    test.acquire = async () => {};
    await consumer.want(true);
    expect(requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({ known: expected });
  });

  it('is given back by nobody when another has it and the subscription was upgraded', async () => {
    const { consumer, news, test, warnings } = consuming();
    test.isFree = false;
    test.isSuperseded = true;
    await consumer.want(true);
    expect(news()).toEqual(['acquire', 'company', 'again later']);
    expect(warnings).toEqual([]);
  });
});

describe('a partition that nobody waits for any more', () => {
  it('has its worker end at once, and asks for no lease again', async () => {
    const { consumer, news } = consuming();
    await consumer.want(true);
    news();
    consumer.abandon();
    expect(news()).toEqual(['abandon']);
    await turns();
    expect(consumer.isMissing).toBe(false);
    await consumer.want(true);
    expect(news()).toEqual([]);
  });

  it('may have no worker', () => {
    const { consumer, news } = consuming();
    consumer.abandon();
    expect(news()).toEqual([]);
  });

  it('is not asked for while its lease is being given back', async () => {
    const { consumer, news, test } = consuming();
    await consumer.want(true);
    news();
    const hold = gate();
    test.release = () => hold.opened;
    const ending = consumer.want(false);
    await turns();
    await consumer.want(true);
    expect(news()).toEqual(['stop', 'release']);
    hold.open();
    await ending;
    await turns();
    expect(news()).toEqual(['again soon']);
  });
});
