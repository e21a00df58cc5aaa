import { Pool } from 'pg';
import { createOrderEngine, type OrderEngine } from '../../../src/index.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';
import { patience } from '../../postgres/patience.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { poolSize } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// The synchronous standby does not answer, so every write waits, as it must: more of them than
// there are connections. Who only reads shall not wait with them. And a write that is given up goes
// on waiting in the server: however many are, the server must have connections left for reads.

export const failoverReads: FaultTest = {
  name: 'failover-reads',
  promise: 'while a synchronous standby is away writes wait, and reads are answered',
  run,
};

const orderId = 'order-1';
const number = 'SO-1';
const mostConnections = 30;

async function run({ scale }: Round): Promise<Findings> {
  const settings = { max_connections: `${mostConnections}` };
  await using pair = await ReplicatedPair.create({ replication: 'synchronous', settings });
  const pool = new Pool({ connectionString: pair.url, max: poolSize });
  pool.on('error', () => {});
  // Nothing is given up meanwhile: how fast the machine is decides nothing here.
  const store = createPostgresStore({ pool, ...patience, warn: () => {} });
  // A cache that forgets, so that every read asks the store.
  const engine = await createOrderEngine({ store, cacheSize: 0, timers: false });
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  await engine.execute({ type: 'order.place', orderId, number, currency: 'EUR', lines });
  // Its status is known afterwards, so that the others wait for the standby and not for it.
  await store.commit([commitOf({ orderId: 'first' })]);
  pair.holdBack();
  let settled = 0;
  const write = async (index: number): Promise<string> => {
    const writing = store.commit([commitOf({ orderId: `waiting-${index}` })]);
    const [outcome] = await writing.catch((error) => [{ status: `${error}` }]);
    settled += 1;
    return outcome?.status ?? 'nothing';
  };
  const writes = Array.from({ length: 10 * poolSize * scale }, (_, index) => write(index));
  const waiting = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  await until(
    // All of them have been asked for: what is asked for now comes behind them, if it waits at all.
    async () => (await pair.primary.query(waiting)).length >= 2,
    'writes to wait for the standby',
  );
  const losses: string[] = [];
  for (const [name, read] of Object.entries(readsOf(engine))) {
    const answer = read().then(
      () => `${name} came after ${settled} of the writes`,
      (error) => `${name} failed: ${error}`,
    );
    const answered = await withPatience(answer, `an answer to ${name}`);
    if (settled === 0 && !/ failed: |in vain/.test(answered)) continue;
    losses.push(answered);
    break;
  }
  losses.push(...(await giveUp(pair.url, 2 * mostConnections)));
  pair.letGo();
  const outcomes = await Promise.all(writes);
  await engine.close();
  await pool.end();
  const refused = outcomes.filter((outcome) => outcome !== 'committed');
  return {
    faults: { 'standbys that do not answer': 1 },
    load: {
      'writes that waited': outcomes.length,
      'writes given up': 2 * mostConnections,
      reads: Object.keys(readsOf(engine)).length,
    },
    losses: [...losses, ...refused.map((outcome) => `a write that waited came to ${outcome}`)],
  };
}

/** Gives up one write after another, and reads after each: the server must let it in all the time. */
async function giveUp(url: string, count: number): Promise<string[]> {
  const pool = new Pool({ connectionString: url, max: poolSize });
  pool.on('error', () => {});
  const store = createPostgresStore({ pool, answerTimeoutMs: 200, migrate: false, warn: () => {} });
  await insist(() => store.open());
  const losses: string[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    await store.commit([commitOf({ orderId: `given-up-${turn}` })]).catch(() => {});
    await insist(() => store.nextDueAt()).catch((error) => losses.push(`turn ${turn}: ${error}`));
    if (losses.length > 0) break;
  }
  await store.close();
  await pool.end();
  return losses;
}

/** A busy machine may be too slow for an answer in time, again and again; a full server always is. */
async function insist<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === 100) throw error;
    }
  }
}

function readsOf(engine: OrderEngine): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    get: () => engine.get(orderId),
    getByNumber: () => engine.getByNumber(number),
    list: () => engine.list(),
    explain: () => engine.explain(orderId),
    history: () => engine.history(orderId)[Symbol.asyncIterator]().next(),
  };
}

/** The text, or that it did not come. */
async function withPatience(text: Promise<string>, what: string): Promise<string> {
  let found: string | undefined;
  void text.then((told) => {
    found = told;
  });
  await until(() => found !== undefined, what).catch(({ message }) => {
    found = message;
  });
  return found ?? '';
}
