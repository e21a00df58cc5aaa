import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, loadOne, statusesOf, upTo, write } from './given.ts';

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

  'a version that is not there yet is a conflict: no history has a gap': async ({ store }) => {
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

  'of twenty commits at once on one version, one is committed': async ({ store }) => {
    await write(store, commitOf());
    const statuses = await Promise.all(
      upTo(20).map((index) =>
        statusesOf(store, [commitOf({ expectedVersion: 1, order: { winner: index } })]),
      ),
    );
    assert.equal(statuses.flat().filter((status) => status === 'committed').length, 1);
    // A store may also say that another one holds the order at present.
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
