import { Pool } from 'pg';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';
import { patience } from '../../postgres/patience.ts';

// Opens a store as soon as it is told to, and writes one order: `node opener.ts <url> <schema> <order>`.

const [connectionString = '', schema = '', orderId = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const pool = new Pool({ connectionString, max: 2 });
  const store = createPostgresStore({ pool, schema, ...patience });
  await store.open();
  const [outcome] = await store.commit([commitOf({ orderId })]);
  await store.close();
  await pool.end();
  process.stdout.write(`${outcome?.status}\n`);
  process.exit();
});
