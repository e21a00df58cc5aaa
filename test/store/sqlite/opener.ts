import { createSqliteStore } from '../../../src/store/sqlite/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';

// Opens a store as soon as it is told to, and writes one order: `node opener.ts <path> <order>`.

const [path = '', orderId = ''] = process.argv.slice(2);
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  const store = createSqliteStore({ path });
  await store.open();
  const [outcome] = await store.commit([commitOf({ orderId })]);
  await store.close();
  process.stdout.write(`${outcome?.status}\n`);
  process.exit();
});
