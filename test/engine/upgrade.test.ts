import type { OrderEvent } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { annotate, place, sharedStore, type TestEngine, testEngine, turns } from './kit.ts';

const second = 1000;

/** Lets time pass, no faster than the engines can follow, until something holds. */
async function passUntil(engines: readonly TestEngine[], holds: () => boolean): Promise<void> {
  for (let passed = 0; passed < 300 && !holds(); passed += 1) {
    engines[0]?.clock.advanceBy(second);
    await turns(5);
    for (const { engine } of engines) await engine.idle();
  }
  expect(holds()).toBe(true);
}

/** As SQLite and Postgres are: others may write to it. */
function storeOfMany() {
  const store = sharedStore();
  return { ...store, features: { ...store.features, shared: true } };
}

function options(told: string[], types: readonly string[] | undefined) {
  const handler = ({ type, orderId }: OrderEvent<string, object>): void => {
    told.push(`${orderId} ${type}`);
  };
  return { name: 'mailer', from: 'beginning', types, handler } as never;
}

describe('a subscription that is run with other event types than before', () => {
  const changed = {
    code: 'subscriptionChanged',
    details: { name: 'mailer', known: 'order.placed', wanted: 'order.annotated order.placed' },
  };
  const both = ['order.placed', 'order.annotated'] as const;

  async function deployed() {
    const store = storeOfMany();
    const old = await testEngine({ store });
    const next = await testEngine({ store, clock: old.clock });
    const oldTold: string[] = [];
    const told: string[] = [];
    await old.engine.subscribe(options(oldTold, ['order.placed']));
    await old.engine.execute(place('order-1'));
    await old.engine.execute(annotate('order-1', 'x'));
    await old.engine.idle();
    // How far it came is written by then.
    for (let passed = 0; passed < 7; passed += 1) {
      old.clock.advanceBy(second);
      await old.engine.idle();
    }
    const upgraded = (replay: unknown, fromTypes: unknown = ['order.placed']) => ({
      ...(options(told, both) as object),
      upgrade: { fromTypes, replay },
    });
    return { store, old, next, oldTold, told, upgraded };
  }

  it('is refused, with both, and changes nothing', async () => {
    const { old, next, told, oldTold } = await deployed();
    await expect(next.engine.subscribe(options(told, both))).rejects.toMatchObject(changed);
    await old.engine.execute(place('order-2'));
    await old.engine.idle();
    expect(oldTold).toEqual(['order-1 order.placed', 'order-2 order.placed']);
    expect(told).toEqual([]);
  });

  it('is the same when only the order of the types is another', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.subscribe(options([], both));
    await engine.close();
    const next = await testEngine({ store, clock });
    await next.engine.subscribe(options([], both.toReversed()));
  });

  it('is refused when it was another than the upgrade says', async () => {
    const { next, upgraded } = await deployed();
    const other = upgraded('nothing', ['order.cancelled']) as never;
    await expect(next.engine.subscribe(other)).rejects.toMatchObject(changed);
  });

  it.each([
    ['nothing', []],
    ['beginning', ['order-1 order.placed', 'order-1 order.annotated']],
    [{ time: 1 }, ['order-1 order.placed', 'order-1 order.annotated']],
  ])(
    'is upgraded beside old processes, which stop; of the past it handles %j',
    async (replay, past) => {
      const { old, next, told, oldTold, upgraded } = await deployed();
      await next.engine.subscribe(upgraded(replay) as never);
      oldTold.length = 0;
      const isUpgraded = () =>
        old.log.some(({ message }) => message.includes('upgraded elsewhere'));
      await passUntil([old, next], isUpgraded);
      await old.engine.execute(place('order-2'));
      await next.engine.execute(annotate('order-2', 'y'));
      await passUntil([old, next], () => told.includes('order-2 order.annotated'));
      const ofOrder = (id: string) => told.filter((one) => one.startsWith(id));
      expect(ofOrder('order-1'), JSON.stringify(told)).toEqual(past);
      expect(ofOrder('order-2')).toEqual(['order-2 order.placed', 'order-2 order.annotated']);
      expect(oldTold).toEqual([]);
      // And code of before that comes back, in a crash loop for one, is refused.
      const again = old.engine.subscribe(options(oldTold, ['order.placed']));
      await expect(again).rejects.toMatchObject({ code: 'subscriptionChanged' });
    },
  );

  it('goes on with an upgrade that broke off', async () => {
    const { store, old, next, told, upgraded } = await deployed();
    const underway = 'order.placed -> order.annotated order.placed';
    await store.subscriptions.claimFilter('mailer', underway, 'order.placed');
    await next.engine.subscribe(upgraded('beginning') as never);
    await passUntil([old, next], () => told.length === 2);
    expect(told).toEqual(['order-1 order.placed', 'order-1 order.annotated']);
  });
});

describe('removing a subscription', () => {
  it('is refused while another engine runs it, however long that had nothing to do', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    const { engine: office } = await testEngine({ store, clock });
    const subscription = await engine.subscribe(options([], undefined));
    clock.advanceBy(3_600_000);
    await engine.idle();
    expect(await office.subscriptions.remove('mailer')).toBe(false);
    await subscription.close();
    expect(await office.subscriptions.remove('mailer')).toBe(true);
  });
});
