import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { feedQueries } from '../../../src/store/sqlite/feed.ts';
import { listQueries } from '../../../src/store/sqlite/list.ts';
import { memberQueries } from '../../../src/store/sqlite/members.ts';
import { orderQueries } from '../../../src/store/sqlite/orders.ts';
import { purgeQueries } from '../../../src/store/sqlite/purge.ts';
import { subscriptionQueries } from '../../../src/store/sqlite/subscriptions.ts';
import { newPath, openStore } from './kit.ts';

// No query may read a whole table, nor sort: then its cost grows with what it gives, not with what
// is stored. The planner has no statistics here, as in production.

const queries = {
  ...orderQueries,
  ...listQueries,
  ...feedQueries,
  ...purgeQueries,
  ...subscriptionQueries,
  ...memberQueries,
};

async function planOf(sql: string): Promise<readonly string[]> {
  const path = newPath();
  await (await openStore(path)).close();
  const database = new DatabaseSync(path);
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...nulls(sql));
  database.close();
  return rows.map((row) => String(row['detail']));
}

function nulls(sql: string): null[] {
  return Array.from(sql.matchAll(/\?/g), () => null);
}

it.each(Object.entries(queries))('%s is a search by an index', async (_, sql) => {
  const plan = (await planOf(sql)).filter((detail) => !/^LIST SUBQUERY|^USING/.test(detail));
  expect(plan.filter((detail) => !/^SEARCH /.test(detail))).toEqual([]);
});

it.each([
  ['load', 'orders_by_id'],
  ['findByNumber', 'orders_by_number'],
  ['findCommand', 'commands_by_key'],
  ['history', 'events_by_order'],
  ['due', 'orders_by_due'],
  ['nextDueAt', 'orders_by_due'],
  ['all', 'orders_by_placed'],
  ['ofCustomer', 'orders_by_customer'],
  ['inStatus', 'COVERING INDEX orders_by_status'],
  ['commands', 'commands_by_recorded'],
  ['archived', 'orders_by_archived'],
  ['events', 'events_by_order'],
  ['unpark', 'parked_by_event'],
] as const)('%s uses %s', async (name, index) => {
  expect((await planOf(queries[name])).join('\n')).toContain(index);
});
