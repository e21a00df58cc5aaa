import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { commitOf, listIds, noon, upTo, write } from './given.ts';

const status = (lifecycle: string, payment: string) => ({ lifecycle, payment });

export const listingCases = casesOf('listing', {
  'a list is newest first, whatever the order of writing': async ({ store }) => {
    for (const placedAt of [3, 1, 5, 2, 4]) {
      await write(store, commitOf({ orderId: `order-${placedAt}`, placedAt }));
    }
    assert.deepEqual(await listIds(store), ['order-5', 'order-4', 'order-3', 'order-2', 'order-1']);
  },

  'orders placed at the same time are sorted by id, descending by code point': async ({
    store,
  }) => {
    // The order of the last two differs between UTF-16 code units and code points.
    const ascending = ['A', 'B', 'a', 'aa', 'b', 'é', '\u{e000}', '\u{1f600}'];
    await write(store, ...ascending.map((orderId) => commitOf({ orderId })));
    const descending = ascending.toReversed();
    for (const limit of [1, 2, 3, 100]) {
      assert.deepEqual(await listIds(store, {}, limit), descending);
      assert.deepEqual(
        await listIds(store, { status: { lifecycle: 'placed' } }, limit),
        descending,
      );
    }
  },

  'pages of any size neither repeat an order nor skip one': async ({ store }) => {
    const ids = upTo(30).map((index) => `order-${String(index).padStart(2, '0')}`);
    // Three orders share each time, so that pages end between orders of the same time.
    const commits = ids.map((orderId, index) =>
      commitOf({
        orderId,
        placedAt: noon + Math.floor(index / 3),
        status: status(index % 2 === 0 ? 'placed' : 'done', `payment-${index % 5}`),
        customerId: 'customer-1',
      }),
    );
    await write(store, ...commits);
    for (const limit of [1, 2, 3, 7, 30, 31]) {
      assert.deepEqual(await listIds(store, {}, limit), ids.toReversed());
      assert.deepEqual(await listIds(store, { customerId: 'customer-1' }, limit), ids.toReversed());
      const even = ids.filter((_, index) => index % 2 === 0).toReversed();
      assert.deepEqual(await listIds(store, { status: { lifecycle: 'placed' } }, limit), even);
    }
  },

  'the last page has no next, even if it is full': async ({ store }) => {
    await write(store, ...upTo(4).map((index) => commitOf({ orderId: `order-${index}` })));
    const first = await store.list({ tenantId: 'tenant-1', limit: 2 });
    assert.deepEqual(first.next, { placedAt: noon, orderId: 'order-3' });
    assert.ok(first.next);
    const last = await store.list({ tenantId: 'tenant-1', limit: 2, after: first.next });
    assert.equal(last.records.length, 2);
    assert.equal(last.next, undefined);
    assert.deepEqual(await store.list({ tenantId: 'tenant-9', limit: 2 }), {
      records: [],
      next: undefined,
    });
  },

  'a list contains whole records': async ({ store }) => {
    const commit = commitOf({
      number: 'N-1',
      customerId: 'c',
      deadlines: [{ name: 'x', dueAt: 1 }],
    });
    await write(store, commit);
    for (const filter of [{}, { customerId: 'c' }, { status: { lifecycle: 'placed' } }]) {
      const page = await store.list({ tenantId: 'tenant-1', limit: 9, ...filter });
      assert.deepStrictEqual(page.records, [commit.record]);
    }
  },

  'orders written between two pages neither repeat nor hide others': async ({ store }) => {
    await write(
      store,
      ...upTo(6).map((index) => commitOf({ orderId: `order-${index}`, placedAt: index * 10 })),
    );
    const first = await store.list({ tenantId: 'tenant-1', limit: 2 });
    assert.ok(first.next);
    await write(
      store,
      commitOf({ orderId: 'newest', placedAt: 100 }),
      commitOf({ orderId: 'between', placedAt: 55 }),
      commitOf({ orderId: 'older', placedAt: 35 }),
      commitOf({ orderId: 'order-4', expectedVersion: 1, placedAt: 40, recordedAt: 200 }),
      commitOf({ orderId: 'order-6', expectedVersion: 1, placedAt: 60, recordedAt: 201 }),
    );
    const rest = await store.list({ tenantId: 'tenant-1', limit: 9, after: first.next });
    assert.deepEqual(
      [first, rest].map((page) => page.records.map((record) => record.orderId)),
      [
        ['order-6', 'order-5'],
        ['order-4', 'older', 'order-3', 'order-2', 'order-1'],
      ],
    );
  },

  'a page of a list starts after a place, even if the order there has changed or is gone': async ({
    store,
  }) => {
    const common = { customerId: 'c-1', status: status('placed', 'paid') };
    const ids = upTo(6).map((index) => `order-${index}`);
    await write(store, ...ids.map((orderId) => commitOf({ ...common, orderId })));
    const moved = { customerId: 'c-2', status: status('done', 'paid') };
    await write(
      store,
      commitOf({ ...common, orderId: 'order-4', expectedVersion: 1, archivedAt: 1 }),
      commitOf({ ...moved, orderId: 'order-5', expectedVersion: 1 }),
    );
    assert.equal((await store.purge({ archivedBefore: 2, limit: 9 })).orders, 1);
    const places = {
      'order-7': ['order-6', 'order-3', 'order-2', 'order-1'],
      'order-5': ['order-3', 'order-2', 'order-1'],
      'order-4': ['order-3', 'order-2', 'order-1'],
      'order-2a': ['order-2', 'order-1'],
    };
    const byStatus = { status: { lifecycle: 'placed' } };
    const byCustomer = { customerId: 'c-1' };
    for (const filter of [byStatus, byCustomer, { ...byStatus, ...byCustomer }, {}]) {
      for (const [orderId, expected] of Object.entries(places)) {
        const after = { placedAt: noon, orderId };
        const page = await store.list({ tenantId: 'tenant-1', limit: 9, after, ...filter });
        const listed = page.records.map((record) => record.orderId);
        // Without a filter, the order that was moved is listed as well.
        const present = listed.filter((id) => id !== 'order-5');
        assert.deepEqual(present, expected, `after ${orderId} by ${Object.keys(filter)}`);
      }
    }
  },

  'a list by one region has every order in that state and no other': async ({ store }) => {
    await write(
      store,
      commitOf({ orderId: 'a', status: status('placed', 'pending') }),
      commitOf({ orderId: 'b', status: status('placed', 'paid') }),
      commitOf({ orderId: 'c', status: status('done', 'paid') }),
    );
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'placed' } }), ['b', 'a']);
    assert.deepEqual(await listIds(store, { status: { payment: 'paid' } }), ['c', 'b']);
    assert.deepEqual(await listIds(store, { status: { payment: 'placed' } }), []);
    assert.deepEqual(await listIds(store, { status: {} }), ['c', 'b', 'a']);
  },

  'a list by several regions has the orders that are in all of those states': async ({ store }) => {
    await write(
      store,
      commitOf({ orderId: 'a', status: status('placed', 'pending') }),
      commitOf({ orderId: 'b', status: status('placed', 'paid') }),
      commitOf({ orderId: 'c', status: status('done', 'paid') }),
    );
    const filter = { status: { lifecycle: 'placed', payment: 'paid' } };
    assert.deepEqual(await listIds(store, filter), ['b']);
    assert.deepEqual(await listIds(store, { status: { ...filter.status, review: 'open' } }), []);
  },

  'orders can be listed by a region that only some have, and by nested states': async ({
    store,
  }) => {
    await write(
      store,
      commitOf({ orderId: 'a', status: { lifecycle: 'placed', review: 'clear' } }),
      commitOf({ orderId: 'b', status: { lifecycle: 'placed', review: { open: 'waiting' } } }),
      commitOf({ orderId: 'c', status: { lifecycle: 'placed', review: { open: 'called' } } }),
      commitOf({ orderId: 'd', status: { lifecycle: 'placed' } }),
    );
    assert.deepEqual(await listIds(store, { status: { review: 'clear' } }), ['a']);
    assert.deepEqual(await listIds(store, { status: { review: 'open' } }), ['c', 'b']);
    assert.deepEqual(await listIds(store, { status: { review: 'open.waiting' } }), ['b']);
    assert.deepEqual(await listIds(store, { status: { review: 'waiting' } }), []);
    assert.deepEqual(await listIds(store, { status: { toString: 'clear' } }), []);
  },

  'an order moves from list to list with its status': async ({ store }) => {
    await write(store, commitOf({ status: status('placed', 'pending') }));
    await write(store, commitOf({ expectedVersion: 1, status: status('done', 'pending') }));
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'placed' } }), []);
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'done' } }), ['order-1']);
    await write(store, commitOf({ expectedVersion: 2, status: status('placed', 'paid') }));
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'done' } }), []);
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'placed' } }), ['order-1']);
    assert.deepEqual(await listIds(store), ['order-1']);
  },

  "a list by customer has that customer's orders, even together with a status": async ({
    store,
  }) => {
    await write(
      store,
      commitOf({ orderId: 'a', customerId: 'c-1', status: status('placed', 'paid') }),
      commitOf({ orderId: 'b', customerId: 'c-1', status: status('done', 'paid') }),
      commitOf({ orderId: 'c', customerId: 'c-2', status: status('placed', 'paid') }),
      commitOf({ orderId: 'd' }),
    );
    assert.deepEqual(await listIds(store, { customerId: 'c-1' }), ['b', 'a']);
    assert.deepEqual(await listIds(store, { customerId: 'C-1' }), []);
    const both = { customerId: 'c-1', status: { lifecycle: 'placed' } };
    assert.deepEqual(await listIds(store, both), ['a']);
    assert.deepEqual(await listIds(store, { ...both, customerId: 'c-3' }), []);
  },

  'an order moves from customer to customer, or to none': async ({ store }) => {
    await write(store, commitOf({ customerId: 'c-1' }));
    await write(store, commitOf({ expectedVersion: 1, customerId: 'c-2' }));
    assert.deepEqual(await listIds(store, { customerId: 'c-1' }), []);
    assert.deepEqual(await listIds(store, { customerId: 'c-2' }), ['order-1']);
    await write(store, commitOf({ expectedVersion: 2, customerId: null }));
    assert.deepEqual(await listIds(store, { customerId: 'c-2' }), []);
  },

  'an order moves from list to list even with a commit without events': async ({ store }) => {
    await write(store, commitOf({ customerId: 'c-1' }));
    const changes = { eventCount: 0, customerId: 'c-2', status: status('done', 'paid') };
    await write(store, commitOf({ expectedVersion: 1, ...changes }));
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'placed' } }), []);
    assert.deepEqual(await listIds(store, { status: { payment: 'paid' } }), ['order-1']);
    assert.deepEqual(await listIds(store, { customerId: 'c-1' }), []);
    assert.deepEqual(await listIds(store, { customerId: 'c-2' }), ['order-1']);
  },

  'pages by customer and status together neither repeat an order nor skip one': async ({
    store,
  }) => {
    const ids = upTo(24).map((index) => `order-${String(index).padStart(2, '0')}`);
    const commits = ids.map((orderId, index) =>
      commitOf({
        orderId,
        placedAt: noon + Math.floor(index / 8),
        status: status(index % 2 === 0 ? 'placed' : 'done', index % 4 < 2 ? 'paid' : 'pending'),
        customerId: index % 3 === 0 ? null : 'c-1',
      }),
    );
    await write(store, ...commits);
    const filter = { customerId: 'c-1', status: { lifecycle: 'placed', payment: 'paid' } };
    const expected = ids.filter((_, index) => index % 4 === 0 && index % 3 !== 0).toReversed();
    for (const limit of [1, 2, 4, 5]) {
      assert.deepEqual(await listIds(store, filter, limit), expected);
    }
  },
});
