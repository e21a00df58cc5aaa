import { expect, it } from 'vitest';
import { given, hostTransaction } from './kit.ts';

// Plans are kept for as long as a connection lasts, and are made for a table as it then is, often
// before there are statistics. One that looks for a single order by way of an index for listing
// goes through all orders of its tenant: at a hundred thousand orders each command took five times
// as long. So that index must not even be a choice.

it('an index for listing orders is of no use for finding one', async () => {
  const { schema } = await given();
  const host = await hostTransaction();
  await host.query(`SET LOCAL search_path = ${schema}; SET LOCAL enable_seqscan = off`);
  await host.query('DROP INDEX orders_by_id');
  const { rows } = await host.query(
    "EXPLAIN SELECT version FROM orders WHERE tenant_id = 'tenant-1' AND order_id = 'order-1'",
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  // Although the server was told to rather do anything else.
  expect(plan).toContain('Seq Scan');
});
