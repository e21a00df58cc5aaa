import assert from 'node:assert/strict';
import type { OrderEvent } from '../../order/envelope.ts';
import type { Lease, OrderStore, ParkedEvent } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, listIds, loadOne, noon, statusesOf, write } from './given.ts';

/** The longest name that the port promises: 255 UTF-16 code units, up to 765 bytes in UTF-8. */
const longest = 'x'.repeat(255);

/**
 * Names that a collation, a padded or truncated column, a conversion to a number or a narrow
 * encoding would treat as equal.
 */
const oddNames: readonly string[] = [
  ...['Name', 'name', 'NAME', 'name ', ' name', 'n\u00e4me', 'na\u0308me', 'na-me', 'n_me', 'n%me'],
  ...['\u{1f600}', '\u{1f601}', '\ufffd', '?', '??', '\u00df', 'ss', '\u0131', 'i', 'I'],
  ...['10', '010', '10.0', '1e1', '0xa', 'null', 'true', '__proto__', 'constructor', "o'; --"],
  ...['a\\b', 'a\\\\b', '{a,b}', '[1]', '"a"', 'a/b', 'a:b', '*', '\u200b', 'a\u200bb'],
  ...[longest, `${longest.slice(1)}y`, '\u6587'.repeat(255), '\u{1f600}'.repeat(127)],
];

function leaseOf(store: OrderStore, subscription: string, owner = 'worker-1', startPosition = 0) {
  const request = { subscription, partition: 0, owner, now: noon, durationMs: 100 };
  return store.subscriptions.acquire({ ...request, startPosition });
}

async function take(store: OrderStore, subscription = 'mailer'): Promise<Lease> {
  const lease = await leaseOf(store, subscription);
  assert.ok(lease, 'the lease is free');
  return lease;
}

function parkedEvent(event: OrderEvent, overrides: Partial<ParkedEvent> = {}): ParkedEvent {
  const rest = { error: 'no', attempts: 1, retryAt: null, requeues: 0, parkedAt: noon };
  return { subscription: 'mailer', partition: 0, position: 1, event, ...rest, ...overrides };
}

function eventOf(spec: Parameters<typeof commitOf>[0], overrides: Partial<OrderEvent> = {}) {
  const [event] = commitOf(spec).events;
  assert.ok(event);
  return { ...event, ...overrides };
}

const byCodePoint = (one: string, other: string) =>
  Buffer.compare(Buffer.from(one), Buffer.from(other));

export const oddNameCases = casesOf('odd names', {
  'names of subscriptions stay distinct: case, accents, spaces, four bytes and length': async ({
    store,
  }) => {
    const { subscriptions } = store;
    for (const [index, name] of oddNames.entries()) {
      const lease = await leaseOf(store, name, 'worker-1', index);
      assert.ok(lease, `the lease of ${name} is free`);
      await subscriptions.join({ subscription: name, owner: `o-${index}`, now: 0, durationMs: 9 });
      const entry = parkedEvent(eventOf({}), { subscription: name, error: name });
      assert.ok(await subscriptions.park(lease, [entry]));
      assert.deepStrictEqual(await subscriptions.parked(name, 9), [entry]);
    }
    for (const [index, name] of oddNames.entries()) {
      assert.deepEqual(await subscriptions.checkpoints(name), [{ partition: 0, position: index }]);
      const again = { subscription: name, owner: `o-${index}`, now: 1, durationMs: 9 };
      assert.deepEqual(await subscriptions.join(again), [`o-${index}`]);
      const query = { subscription: name, limit: 9 };
      assert.deepEqual(
        (await subscriptions.parkedLanes(query)).map(({ error }) => error),
        [name],
      );
    }
    const [first = '', ...others] = oddNames;
    await subscriptions.requeue(first);
    assert.equal(await subscriptions.remove(first, noon + 1_000), true);
    for (const name of others) {
      assert.equal((await subscriptions.parked(name, 9))[0]?.error, name);
    }
  },

  'names of owners stay distinct, and members are sorted by code point': async ({ store }) => {
    const { subscriptions } = store;
    const member = { subscription: 'mailer', now: noon, durationMs: 100 };
    for (const owner of oddNames) await subscriptions.join({ ...member, owner });
    const [first = '', ...others] = oddNames;
    const sorted = oddNames.toSorted(byCodePoint);
    assert.deepEqual(await subscriptions.join({ ...member, owner: first }), sorted);
    await subscriptions.leave('mailer', others[0] ?? '');
    assert.deepEqual(
      await subscriptions.join({ ...member, owner: first }),
      sorted.filter((owner) => owner !== others[0]),
    );
    const lease = await leaseOf(store, 'mailer', first);
    assert.ok(lease);
    for (const owner of others) {
      assert.equal(await leaseOf(store, 'mailer', owner), undefined, owner);
      assert.ok(!(await subscriptions.checkpoint({ ...lease, owner }, 0)), owner);
    }
    assert.equal((await leaseOf(store, 'mailer', first))?.owner, first);
  },

  'scopes stay distinct': async ({ store }) => {
    const commits = oddNames.map((scope, index) =>
      commitOf({ orderId: `order-${index}`, scope, key: 'key-1' }),
    );
    await write(store, ...commits);
    const identities = oddNames.map((scope) => ({ tenantId: 'tenant-1', scope, key: 'key-1' }));
    assert.deepStrictEqual(
      await store.findCommands(identities),
      commits.map(({ command }) => command),
    );
    assert.deepEqual(
      await statusesOf(store, commits),
      commits.map(() => 'duplicate'),
    );
  },

  'numbers, customers and keys stay distinct, even the longest': async ({ store }) => {
    const commits = oddNames.map((name) =>
      commitOf({ orderId: name, number: name, customerId: name, key: name }),
    );
    for (const commit of commits) await write(store, commit);
    for (const name of oddNames) {
      assert.equal(await store.findByNumber('tenant-1', name), name);
      assert.deepEqual(await listIds(store, { customerId: name }), [name]);
    }
    assert.deepStrictEqual(
      await store.load(commits),
      commits.map(({ record }) => record),
    );
  },

  'event ids, types and correlations stay distinct': async ({ store }) => {
    const lease = await take(store);
    const events = oddNames.map((name, index) =>
      eventOf(
        { expectedVersion: index },
        { id: name, type: name, correlationId: name, chart: name },
      ),
    );
    const { record, ...commit } = commitOf({ eventCount: events.length });
    await write(store, { ...commit, record, events });
    assert.deepStrictEqual(await store.history(firstOrder, 0, 100), events);
    await store.subscriptions.park(
      lease,
      events.map((event) => parkedEvent(event)),
    );
    let left = events;
    // From last to first, so that a store that confuses two names finds the wrong one first.
    for (const name of oddNames.toReversed()) {
      assert.equal(await store.subscriptions.skip('mailer', name), true, name);
      left = left.filter(({ id }) => id !== name);
      const parked = await store.subscriptions.parked('mailer', 100);
      assert.deepEqual(
        parked.map(({ event }) => event.id),
        left.map(({ id }) => id),
      );
    }
  },

  'tenants and orders of parked events stay distinct': async ({ store }) => {
    const { subscriptions } = store;
    const lease = await take(store);
    const keys = [
      ...oddNames.map((tenantId) => ({ tenantId, orderId: 'order-1' })),
      ...oddNames.map((orderId) => ({ tenantId: 'tenant-1', orderId })),
    ];
    const entries = keys.map((key, index) => parkedEvent(eventOf(key, { id: `event-${index}` })));
    assert.ok(await subscriptions.park(lease, entries));
    for (const [index, key] of keys.entries()) {
      assert.deepStrictEqual(await subscriptions.parked('mailer', 9, key), [entries[index]]);
      assert.equal(await subscriptions.requeue('mailer', key), 1);
    }
    const parked = await subscriptions.parked('mailer', 1_000);
    assert.deepEqual(
      parked.map(({ requeues }) => requeues),
      keys.map(() => 1),
    );
  },

  'parked events and parked orders are sorted by tenant, then by order, by code point': async ({
    store,
  }) => {
    const lease = await take(store);
    const names = oddNames.toSorted(byCodePoint);
    const events = names.map((orderId) => eventOf({ orderId }, { id: orderId }));
    await store.subscriptions.park(
      lease,
      events.toReversed().map((event) => parkedEvent(event)),
    );
    const parked = await store.subscriptions.parked('mailer', 100);
    assert.deepEqual(
      parked.map(({ event }) => event.orderId),
      names,
    );
    for (const [index, orderId] of names.entries()) {
      const after = { tenantId: 'tenant-1', orderId };
      const query = { subscription: 'mailer', after, limit: 1 };
      const [next] = await store.subscriptions.parkedLanes(query);
      assert.equal(next?.orderId, names[index + 1]);
    }
  },

  'the error of a parked event may be any text, and an empty one is kept': async ({ store }) => {
    const lease = await take(store);
    const errors = [
      '',
      null,
      ' ',
      'a ',
      'a\0',
      '\u{1f600}',
      '\ufffd',
      'null',
      '\n',
      'é'.repeat(2_000),
    ];
    const entries = errors.map((error, index) =>
      parkedEvent(eventOf({ expectedVersion: index }), { error }),
    );
    await store.subscriptions.park(lease, entries);
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 100), entries);
    for (const entry of entries) {
      await store.subscriptions.skip('mailer', entries[0]?.event.id ?? '');
      await store.subscriptions.park(lease, [{ ...entry, event: eventOf({}) }]);
      const [head] = await store.subscriptions.parkedLanes({ subscription: 'mailer', limit: 1 });
      assert.equal(head?.error, entry.error);
    }
  },

  'regions, states and deadlines stay distinct': async ({ store }) => {
    const commits = oddNames.map((name, index) =>
      commitOf({
        orderId: `order-${index}`,
        // A computed name creates a member, even for `__proto__`.
        status: { review: name, [name]: 'open' },
        deadlines: [{ name, dueAt: index }],
      }),
    );
    for (const commit of commits) await write(store, commit);
    for (const [index, name] of oddNames.entries()) {
      // A name with a dot would mean a nested state.
      const wanted = name.includes('.') ? {} : { status: { review: name } };
      if (!name.includes('.')) assert.deepEqual(await listIds(store, wanted), [`order-${index}`]);
      assert.deepEqual(await listIds(store, { status: { [name]: 'open' } }), [`order-${index}`]);
      const key = { ...firstOrder, orderId: `order-${index}` };
      assert.deepStrictEqual(await loadOne(store, key), commits[index]?.record);
    }
    assert.deepEqual(
      (await store.due(1_000, 1_000)).map(({ deadline }) => deadline.name),
      oddNames,
    );
  },
});
