import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, loadOne, noon, statusesOf, upTo, write } from './given.ts';

export const versionCases = casesOf('versions', {
  'an order that exists cannot be new': async ({ store }) => {
    await write(store, commitOf());
    assert.deepEqual(await statusesOf(store, [commitOf()]), ['conflict']);
  },

  'an order that does not exist cannot be changed': async ({ store }) => {
    assert.deepEqual(await statusesOf(store, [commitOf({ expectedVersion: 1 })]), ['conflict']);
    assert.equal(await loadOne(store), undefined);
  },

  'an outdated version is a conflict: no update is lost': async ({ store }) => {
    await write(store, commitOf(), commitOf({ expectedVersion: 1, order: { total: 2 } }));
    const late = commitOf({ expectedVersion: 1, order: { total: 3 } });
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
    assert.deepEqual((await loadOne(store))?.order, { total: 2 });
  },

  'a future version is a conflict: no history has a gap': async ({ store }) => {
    await write(store, commitOf());
    assert.deepEqual(await statusesOf(store, [commitOf({ expectedVersion: 2 })]), ['conflict']);
    assert.equal((await loadOne(store))?.version, 1);
  },

  'the answer to a command is refused on an outdated version too': async ({ store }) => {
    await write(store, commitOf({ eventCount: 2 }));
    const late = {
      ...commitOf({ expectedVersion: 1, key: 'key-1' }),
      record: undefined,
      events: [],
    };
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
  },

  'another revision of the same version is a conflict': async ({ store }) => {
    await write(store, commitOf({ revision: 'one' }));
    const late = commitOf({ expectedVersion: 1, expectedRevision: 'other', order: { total: 3 } });
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
    assert.deepEqual((await loadOne(store))?.order, { currency: 'EUR', total: 1050 });
    assert.deepEqual(await statusesOf(store, [{ ...late, expectedRevision: null }]), ['conflict']);
    await write(store, { ...late, expectedRevision: 'one' });
    assert.equal((await loadOne(store))?.revision, 'revision-2');
  },

  'a commit without events has its own revision, and is checked against one': async ({ store }) => {
    await write(store, commitOf({ revision: 'one' }));
    const timed = { expectedVersion: 1, eventCount: 0, revision: 'two' };
    await write(store, commitOf({ ...timed, expectedRevision: 'one', order: { total: 2 } }));
    const record = await loadOne(store);
    assert.deepEqual([record?.version, record?.revision], [1, 'two']);
    const late = commitOf({ expectedVersion: 1, expectedRevision: 'one', order: { total: 3 } });
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
    const alike = commitOf({ ...timed, expectedRevision: 'one', revision: 'three' });
    assert.deepEqual(await statusesOf(store, [alike]), ['conflict']);
    assert.deepEqual((await loadOne(store))?.order, { total: 2 });
  },

  'the answer to a command is refused on another revision too': async ({ store }) => {
    await write(store, commitOf({ revision: 'one' }));
    const answer = { ...commitOf({ expectedVersion: 1, key: 'key-1' }), record: undefined };
    const late = { ...answer, events: [], expectedRevision: 'other' };
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
    await write(store, { ...late, expectedRevision: 'one' });
  },

  'a reused id is not the order that had it before': async ({ store }) => {
    await write(store, commitOf({ revision: 'alice', archivedAt: noon }));
    assert.equal((await store.purge({ archivedBefore: noon + 1, limit: 10 })).orders, 1);
    await write(store, commitOf({ revision: 'bob', order: { of: 'Bob' } }));
    const late = commitOf({
      expectedVersion: 1,
      expectedRevision: 'alice',
      order: { of: 'Alice' },
    });
    assert.deepEqual(await statusesOf(store, [late]), ['conflict']);
    assert.deepEqual((await loadOne(store))?.order, { of: 'Bob' });
  },

  'of twenty commits at once on one version, one is committed': async ({ store }) => {
    await write(store, commitOf());
    const statuses = await Promise.all(
      upTo(20).map((index) =>
        statusesOf(store, [commitOf({ expectedVersion: 1, order: { winner: index } })]),
      ),
    );
    assert.equal(statuses.flat().filter((status) => status === 'committed').length, 1);
    // A store may also answer that another transaction has locked the order.
    const refused = statuses.flat().filter((status) => ['conflict', 'locked'].includes(status));
    assert.equal(refused.length, 19);
    const winner = statuses.findIndex(([status]) => status === 'committed') + 1;
    assert.deepEqual((await loadOne(store))?.order, { winner });
    assert.equal((await store.history(firstOrder, 0, 50)).length, 2);
  },

  'of twenty commits of one batch on one version, the first is committed': async ({ store }) => {
    const statuses = await statusesOf(
      store,
      upTo(20).map((index) => commitOf({ order: { winner: index } })),
    );
    assert.deepEqual(statuses, ['committed', ...upTo(19).map(() => 'conflict')]);
    assert.deepEqual((await loadOne(store))?.order, { winner: 1 });
  },
});
