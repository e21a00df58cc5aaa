import assert from 'node:assert/strict';
import type { JsonObject } from '../../order/values.ts';
import { casesOf } from './case.ts';
import {
  commitOf,
  firstOrder,
  listIds,
  loadOne,
  noon,
  rejectionOf,
  statusesOf,
  wholeFeed,
  write,
} from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

/** Ids with a special meaning in statements, indexes or paths. */
const oddIds = [
  "o'; DROP TABLE orders; --",
  'a"b',
  '%',
  '_',
  '\\',
  '$1',
  '?1',
  'A',
  'a',
  'a ',
  ' a',
  '1',
  '1.0',
  '01',
  'null',
  '__proto__',
  'constructor',
  'e\u0301',
  '\u00e9',
  '\u{1f600}',
  '\u202e',
  'x'.repeat(200),
];

const oddData: JsonObject = {
  '': 'empty key',
  nul: 'a\0b\0',
  controls: '\u0001\u001f\u007f\u0080\u2028\u2029\ufeff',
  emoji: '\u{1f600}\u{1f468}\u200d\u{1f469}',
  quotes: `'"\`\\/`,
  'a.b': { 'c.d': ['$', '\0'] },
  numbers: [0, 1, -1, 0.1, 1e-7, 1.5e300, 2 ** 53 - 1, -(2 ** 53 - 1)],
  words: [null, true, false, 'null', 'true', ''],
  empty: [{}, []],
  // A literal `__proto__: ...` would set the prototype instead of creating a member.
  ...(JSON.parse('{"inner":{"__proto__":{"admin":true},"constructor":1}}') as JsonObject),
};

/** Texts and objects that drivers and JSON helpers like to convert to something else. */
const lookalikes: JsonObject = {
  times: ['2026-01-01T12:00:00.000Z', '2026-01-01T12:00:00+01:00', '2026-01-01', '/Date(0)/'],
  numbers: ['1', '-0', '1e3', '0x10', '1n', '12345678901234567890', 'NaN', 'Infinity', '1,5'],
  words: ['yes', 'no', 'on', 't', 'f', 'NULL', 'undefined', '\\N', 'None'],
  json: ['{}', '[1]', '"a"', '{"a":1}', "{'a'}", '{1,2}', '(1,2)'],
  bytes: ['\\x6869', 'aGk=', 'data:text/plain;base64,aGk=', '0b1010'],
  others: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'P1D', '/a/g', ':name', 'https://a.example/'],
  wrappers: [
    ...[{ $date: 0 }, { $date: '2026-01-01T12:00:00Z' }, { $oid: '5f1b' }, { $numberLong: '1' }],
    ...[{ $ref: '#' }, { $binary: 'aGk=' }, { S: 'a' }, { N: '1' }, { M: {} }, { NULL: true }],
    ...[{ type: 'Buffer', data: [104, 105] }, { __type: 'Date' }, { dataType: 'Map', value: [] }],
    ...[{ length: 2 }, { 0: 'a', 1: 'b' }, { toJSON: 1 }, { id: 1, _id: 2 }],
  ],
  '2026-01-01T12:00:00.000Z': '10',
  10: 'ten',
};

export const oddValueCases = casesOf('odd values', {
  'texts and objects that look like other types are read back as they were written': async ({
    store,
  }) => {
    const odd = { order: lookalikes, data: lookalikes, outcome: lookalikes };
    const commit = commitOf({ ...odd, key: 'key-1' });
    const [event] = commit.events;
    assert.ok(event);
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
    const { records } = await store.list({ tenantId: 'tenant-1', limit: 9 });
    assert.deepStrictEqual(records, [commit.record]);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 1), [event]);
    assert.deepStrictEqual((await wholeFeed(store))[0]?.event, event);
    const duplicate = { status: 'duplicate', record: commit.command };
    assert.deepStrictEqual(await store.commit([commit]), [duplicate]);
    const lease = await take(store);
    for (const error of Object.values(lookalikes).flat()) {
      if (typeof error !== 'string') continue;
      const entry = parkedEvent({}, { event, error });
      await store.subscriptions.park(lease, [entry]);
      assert.deepStrictEqual(await store.subscriptions.parked('mailer', 9), [entry]);
    }
  },

  'data is read back equal, whatever its strings, keys and numbers': async ({ store }) => {
    const deep = JSON.parse(`${'[{"d":'.repeat(200)}1${'}]'.repeat(200)}`) as JsonObject;
    const order = { ...oddData, deep };
    const commit = commitOf({ order, data: order, outcome: order, key: 'key-1' });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 1), commit.events);
    assert.deepStrictEqual((await wholeFeed(store))[0]?.event, commit.events[0]);
    const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };
    assert.deepStrictEqual(await store.findCommands([identity]), [commit.command]);
    const inner = (await loadOne(store))?.order['inner'] as object;
    assert.ok(Object.hasOwn(inner, '__proto__'), '`__proto__` is a member like any other');
  },

  'names of members keep their characters: dots, dollars, wide ones and escapes': async ({
    store,
  }) => {
    const names = [
      '.',
      '$',
      '\uff0e',
      '\uff04',
      '\u2024',
      '\\u002e',
      '%2E',
      '~1',
      '\\',
      '_',
      '#',
      ':',
    ];
    const members = names.flatMap((name, index) => [
      [name, index],
      [`a${name}b`, { [`${name}${name}c`]: [{ [name]: name }] }],
    ]);
    const odd = Object.fromEntries(members) as JsonObject;
    const commit = commitOf({ order: odd, data: odd, outcome: odd, key: 'key-1' });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
    const { records } = await store.list({ tenantId: 'tenant-1', limit: 9 });
    assert.deepStrictEqual(records, [commit.record]);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 1), commit.events);
    assert.deepStrictEqual((await wholeFeed(store))[0]?.event, commit.events[0]);
    const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };
    assert.deepStrictEqual(await store.findCommands([identity]), [commit.command]);
  },

  'the cause of an event is read back equal': async ({ store }) => {
    const commit = commitOf();
    const [event] = commit.events;
    assert.ok(event);
    const odd = { ...event, correlationId: 'a\0b', actor: { kind: 'staff', id: '\0\u{1f600}' } };
    const noCause = { actor: null, causationId: null, trace: null };
    await write(store, { ...commit, events: [odd] });
    assert.deepStrictEqual(await store.history(firstOrder, 0, 1), [odd]);
    await write(store, {
      ...commitOf({ expectedVersion: 1 }),
      events: [{ ...odd, ...noCause, version: 2, id: 'second' }],
    });
    const [second] = await store.history(firstOrder, 1, 1);
    assert.deepStrictEqual(second, { ...odd, ...noCause, version: 2, id: 'second' });
  },

  'ids stay distinct: orders, numbers, customers and keys': async ({ store }) => {
    for (const id of oddIds) {
      await write(
        store,
        commitOf({ orderId: id, number: id, customerId: id, key: id, order: { id } }),
      );
    }
    assert.equal((await listIds(store, {}, 5)).length, oddIds.length);
    for (const id of oddIds) {
      const key = { tenantId: 'tenant-1', orderId: id };
      assert.deepEqual((await loadOne(store, key))?.order, { id });
      assert.equal((await store.history(key, 0, 10)).length, 1);
      assert.equal(await store.findByNumber('tenant-1', id), id);
      assert.deepEqual(await listIds(store, { customerId: id }), [id]);
      const identity = { tenantId: 'tenant-1', scope: 'requests', key: id };
      assert.equal((await store.findCommands([identity]))[0]?.orderId, id);
    }
  },

  'tenants stay distinct': async ({ store }) => {
    for (const id of oddIds) await write(store, commitOf({ tenantId: id, number: 'N-1' }));
    for (const id of oddIds) {
      assert.deepEqual(await listIds(store, { tenantId: id }), ['order-1']);
    }
    assert.equal((await wholeFeed(store)).length, oddIds.length);
  },

  'times may be as early and as late as possible': async ({ store }) => {
    const times = [-8.64e15, -1, 0, 1, 4_102_444_800_000, 8.64e15];
    for (const time of times) {
      const commit = commitOf({
        orderId: `at ${time}`,
        placedAt: time,
        recordedAt: time,
        deadlines: [{ name: 'a.b.c', dueAt: time }],
      });
      await write(store, commit);
      assert.deepStrictEqual(await loadOne(store, commit), commit.record);
    }
    const ids = times.map((time) => `at ${time}`);
    assert.deepEqual(await listIds(store), ids.toReversed());
    assert.deepEqual(
      (await store.due(8.64e15, 10)).map((due) => due.orderId),
      ids,
    );
  },

  'limits, versions and positions beyond the end return what is there': async ({ store }) => {
    const commit = commitOf({ key: 'key-1', archivedAt: 1 });
    await write(store, commit);
    for (const beyond of [2 ** 31, 2 ** 40]) {
      const refused = rejectionOf({ expectedVersion: beyond, key: `key-${beyond}` });
      assert.deepEqual(await statusesOf(store, [refused]), ['conflict']);
      assert.equal((await store.history(commit, 0, beyond)).length, 1);
      assert.deepEqual(await store.history(commit, beyond, beyond), []);
      assert.equal((await store.list({ tenantId: 'tenant-1', limit: beyond })).records.length, 1);
      assert.deepEqual(await store.due(beyond, beyond), []);
      assert.equal((await store.archived(beyond, beyond)).length, 1);
      assert.deepEqual(await store.feed(0, beyond, beyond), []);
      assert.deepEqual(await store.subscriptions.parked('mailer', beyond), []);
    }
    const purged = await store.purge({ archivedBefore: noon * 2, limit: 2 ** 40 });
    assert.equal(purged.orders, 1);
  },

  'a text of a million characters is read back whole': async ({ store }) => {
    const commit = commitOf({ order: { text: 'é\0x'.repeat(333_334) } });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
  },

  'the regions and states of a status may have any name': async ({ store }) => {
    const status = JSON.parse('{"__proto__":"open","\\u0000":"x y","":"\u{1f600}"}') as JsonObject;
    const commit = commitOf({ status: status as never });
    await write(store, commit);
    assert.deepStrictEqual((await loadOne(store))?.status, status);
    assert.deepEqual(await listIds(store, { status: { '': '\u{1f600}' } }), ['order-1']);
    assert.deepEqual(await listIds(store, { status: { '\0': 'x' } }), []);
  },
});
