import assert from 'node:assert/strict';
import type { DueOrder, DuePosition, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, upTo, write } from './given.ts';

const at = (dueAt: number, name = 'payment.pending.unpaid') => ({ name, dueAt });

async function dueIds(
  store: OrderStore,
  now: number,
  limit = 100,
  after?: DuePosition,
): Promise<readonly string[]> {
  return (await store.due(now, limit, after)).map((due) => due.orderId);
}

async function countDue(store: OrderStore): Promise<number> {
  return (await store.due(1_000, 100)).length;
}

function positionOf(due: DueOrder | undefined): DuePosition | undefined {
  return due && { dueAt: due.deadline.dueAt, tenantId: due.tenantId, orderId: due.orderId };
}

export const deadlineCases = casesOf('deadlines', {
  'a deadline is due from its time on, and not a millisecond earlier': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(1_000)] }));
    assert.deepEqual(await store.due(999, 10), []);
    const due = [{ tenantId: 'tenant-1', orderId: 'order-1', deadline: at(1_000) }];
    assert.deepStrictEqual(await store.due(1_000, 10), due);
    // Reading changes nothing: an order stays due until a commit changes its deadlines.
    assert.deepStrictEqual(await store.due(1_001, 10), due);
  },

  'the earliest deadlines of all tenants come first, up to the limit': async ({ store }) => {
    for (const dueAt of [30, 10, 50, 20, 40]) {
      const tenantId = `tenant-${dueAt % 20}`;
      await write(store, commitOf({ tenantId, orderId: `order-${dueAt}`, deadlines: [at(dueAt)] }));
    }
    assert.deepEqual(await dueIds(store, 45), ['order-10', 'order-20', 'order-30', 'order-40']);
    assert.deepEqual(await dueIds(store, 45, 2), ['order-10', 'order-20']);
  },

  'an order is due once, at the earliest of its deadlines': async ({ store }) => {
    const deadlines = [at(10, 'a.b.first'), at(10, 'a.b.second'), at(20, 'a.b.third')];
    await write(store, commitOf({ deadlines }));
    assert.deepEqual(
      (await store.due(100, 10)).map((due) => due.deadline),
      [deadlines[0]],
    );
  },

  'a deadline that was moved is due at its new time only': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(10)] }));
    await write(store, commitOf({ expectedVersion: 1, eventCount: 0, deadlines: [at(90)] }));
    assert.deepEqual(await dueIds(store, 89), []);
    assert.deepEqual(await dueIds(store, 90), ['order-1']);
    await write(store, commitOf({ expectedVersion: 1, deadlines: [at(5)] }));
    assert.deepEqual(await dueIds(store, 5), ['order-1']);
    assert.equal((await store.due(100, 10)).length, 1);
  },

  'a deadline survives changes of its order that do not affect it': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(10)] }));
    await write(store, commitOf({ expectedVersion: 1, deadlines: [at(10)], order: { total: 2 } }));
    await write(
      store,
      commitOf({ expectedVersion: 2, deadlines: [at(10)], status: { lifecycle: 'done' } }),
    );
    assert.deepEqual(await dueIds(store, 10), ['order-1']);
  },

  'the name of a deadline changes with its order': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(10, 'a.b.c')] }));
    await write(store, commitOf({ expectedVersion: 1, deadlines: [at(10, 'd.e.f')] }));
    assert.equal((await store.due(10, 1))[0]?.deadline.name, 'd.e.f');
  },

  'a removed deadline is never due': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(10)] }));
    await write(store, commitOf({ expectedVersion: 1 }));
    assert.deepEqual(await dueIds(store, 1_000), []);
    assert.equal(await store.nextDueAt(), undefined);
  },

  'a refused commit moves no deadline': async ({ store }) => {
    await write(store, commitOf({ deadlines: [at(10)] }));
    await store.commit([commitOf({ deadlines: [at(5)] }), commitOf({ expectedVersion: 9 })]);
    assert.equal(await store.nextDueAt(), 10);
  },

  'orders due at the same time are sorted by tenant, then by order, by code point': async ({
    store,
  }) => {
    // U+FFFD sorts before an emoji, although its UTF-16 code unit is greater, and 'Z' before 'a'.
    const keys = [
      ['tenant-1', 'order-Z'],
      ['tenant-1', 'order-a'],
      ['tenant-1', 'order-\u{fffd}'],
      ['tenant-1', 'order-\u{1f600}'],
      ['tenant-2', 'order-1'],
    ] as const;
    for (const [tenantId, orderId] of keys.toReversed()) {
      await write(store, commitOf({ tenantId, orderId, deadlines: [at(10)] }));
    }
    const due = await store.due(10, 100);
    assert.deepEqual(
      due.map(({ tenantId, orderId }) => [tenantId, orderId]),
      keys,
    );
  },

  'paging through due orders returns each once, including those due at the same time': async ({
    store,
  }) => {
    for (const number of upTo(12)) {
      const deadlines = [at(10 + Math.floor(number / 5))];
      const tenantId = `tenant-${number % 2}`;
      await write(
        store,
        commitOf({ tenantId, orderId: `order-${number % 7}-${number}`, deadlines }),
      );
    }
    const whole = await store.due(12, 100);
    assert.equal(whole.length, 12);
    for (const limit of [1, 2, 5, 12]) {
      const paged: DueOrder[] = [];
      for (;;) {
        const page = await store.due(12, limit, positionOf(paged.at(-1)));
        assert.ok(page.length <= limit);
        paged.push(...page);
        // A short page must be the last one: the engine relies on that.
        if (page.length < limit) break;
      }
      assert.deepStrictEqual(paged, whole);
    }
    assert.deepEqual(await store.due(11, 100, positionOf(whole.at(-1))), []);
  },

  'a page of due orders starts after a place, even if the order there has changed': async ({
    store,
  }) => {
    for (const number of upTo(4)) {
      await write(store, commitOf({ orderId: `order-${number}`, deadlines: [at(10)] }));
    }
    const place = { dueAt: 10, tenantId: 'tenant-1', orderId: 'order-2' };
    // It is no longer due, and an order that sorts before it is due now.
    await write(store, commitOf({ orderId: 'order-2', expectedVersion: 1 }));
    await write(store, commitOf({ orderId: 'order-1a', deadlines: [at(10)] }));
    assert.deepEqual(await dueIds(store, 10, 100, place), ['order-3', 'order-4']);
    const before = { dueAt: 10, tenantId: '', orderId: '' };
    assert.deepEqual(await dueIds(store, 10, 2, before), ['order-1', 'order-1a']);
    const behind = { dueAt: 10, tenantId: 'tenant-2', orderId: '' };
    assert.deepEqual(await dueIds(store, 10, 100, behind), []);
  },

  'nextDueAt returns the earliest deadline after a time, and none at that time': async ({
    store,
  }) => {
    for (const dueAt of [30, 10, 20, 20]) {
      const orderId = `order-${dueAt}-${await countDue(store)}`;
      await write(store, commitOf({ orderId, deadlines: [at(dueAt)] }));
    }
    assert.equal(await store.nextDueAt(9), 10);
    assert.equal(await store.nextDueAt(10), 20);
    assert.equal(await store.nextDueAt(19), 20);
    assert.equal(await store.nextDueAt(20), 30);
    assert.equal(await store.nextDueAt(30), undefined);
    assert.equal(await store.nextDueAt(), 10);
  },

  'nextDueAt is the earliest of all deadlines, due or not': async ({ store }) => {
    assert.equal(await store.nextDueAt(), undefined);
    for (const dueAt of [30, 10, 20]) {
      await write(store, commitOf({ orderId: `order-${dueAt}`, deadlines: [at(dueAt)] }));
    }
    assert.equal(await store.nextDueAt(), 10);
    await write(store, commitOf({ orderId: 'order-10', expectedVersion: 1 }));
    assert.equal(await store.nextDueAt(), 20);
  },

  'a thousand deadlines that are moved repeatedly stay correct': async ({ store }) => {
    const ids = upTo(100).map((index) => `order-${index}`);
    for (const round of upTo(10)) {
      const commits = ids.map((orderId, index) =>
        commitOf({
          orderId,
          expectedVersion: round - 1,
          deadlines: [at(1_000 * round + ((index * 37) % 100))],
        }),
      );
      await write(store, ...commits);
    }
    assert.equal(await store.nextDueAt(), 10_000);
    const due = await store.due(10_049, 1_000);
    assert.deepEqual(
      due.map((entry) => entry.deadline.dueAt),
      upTo(50).map((index) => 9_999 + index),
    );
  },
});
