import { Pool } from 'pg';
import { createOrderEngine } from '../../../src/index.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { live, newLives } from '../lives.ts';

// One engine of several on one schema: worker.ts <url> <schema> <lives>. It says `ready`, begins
// when it is told to, and tells how many events its subscription has handled whenever it is asked.

const [url = '', schema = '', count = '0'] = process.argv.slice(2);
const pool = new Pool({ connectionString: url, max: 4 });
const engine = await createOrderEngine({ store: createPostgresStore({ pool, schema }) });
let handled = 0;
await engine.subscribe({
  name: 'reader',
  from: 'beginning',
  concurrency: 1_000,
  handler: () => {
    handled += 1;
  },
});
const lives = newLives(Number(count));
process.on('message', async (message) => {
  if (message === 'begin') {
    await live(engine, lives);
    process.send?.({ done: engine.stats().accepted });
  } else if (message === 'handled?') {
    process.send?.({ handled });
  } else {
    await engine.close();
    await pool.end();
    process.disconnect();
  }
});
process.send?.('ready');
