import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createOrderEngine } from '../../../src/index.ts';
import { Cluster } from '../../postgres/cluster.ts';
import { clientProgram } from '../../postgres/installation.ts';
import { chanceOf } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { estateOf, finish, startEngine } from '../kit/finish.ts';
import { connectStore, type PostgresTarget, postgresTarget } from '../kit/target.ts';
import { type Acknowledgement, answerOf } from '../kit/workload.ts';

// Promise 20: while a subscription is behind, and events of a host transaction have no position
// yet, the database is dumped (pg_dump) and restored into a cluster that was made a moment ago, whose
// transaction ids are far lower. Delivery goes on there where it stopped, and in order.

export const dump: FaultTest = {
  name: 'postgres-dump',
  promise: 'after dump and restore into a younger cluster delivery goes on, in order',
  run,
};

const execute = promisify(execFile);

async function run({ seed, scale }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using old = await Cluster.create({ kinds: ['system', 'embedded'] });
  // A newer version of PostgreSQL where the machine has an older one: as in an upgrade.
  await using young = await Cluster.create({ kinds: ['embedded', 'system'] });
  await using target = postgresTarget(old.url);
  const seedOf = () => chance.between(0, 1_000_000);
  // One handles events and then ends; the other works on, so that the subscription is behind.
  await using first = await startEngine(target, { name: 'first', seed: seedOf(), clients: 4 });
  await using second = await startEngine(target, {
    name: 'second',
    seed: seedOf(),
    clients: 4,
    subscription: undefined,
  });
  await first.acknowledges(50 * scale);
  await first.terminate();
  await second.acknowledges(50 * scale);
  await second.terminate();
  const late: Acknowledgement[] = [];
  const pendingCount = await leavePending(target, late);

  const file = join(target.folder, 'dump.sql');
  await execute(clientProgram(old.installation, 'pg_dump'), ['-f', file, old.url]);
  const stop = ['-v', 'ON_ERROR_STOP=1'];
  const restore = ['-q', '-1', ...stop, '-f', file, young.url];
  await execute(clientProgram(old.installation, 'psql'), restore);
  const ids = { old: await transactionId(old), young: await transactionId(young) };
  await using restored = postgresTarget(young.url, target);
  const { answers, defects } = estateOf([first, second]);
  const { load, losses } = await finish(restored, { answers: [...answers, ...late], defects });
  const isYounger = ids.young < ids.old;
  return {
    faults: { 'dumps restored': 1, 'events without a position at that time': pendingCount },
    load,
    losses: isYounger ? losses : [...losses, `the cluster is not younger: ${JSON.stringify(ids)}`],
  };
}

/** Places orders in a transaction of the host's, and lets nobody read the feed afterwards. */
async function leavePending(target: PostgresTarget, answers: Acknowledgement[]): Promise<number> {
  const { store, pool, end } = connectStore(target.address);
  if (pool === undefined) throw new Error('Only Postgres has host transactions.');
  const engine = await createOrderEngine({ store, timers: false });
  const transaction = await pool.connect();
  await transaction.query('BEGIN');
  for (let index = 0; index < 10; index += 1) {
    const orderId = `pending-${index}`;
    const key = `${orderId}/place`;
    const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
    const command = { type: 'order.place', orderId, currency: 'EUR', lines } as const;
    const context = { idempotencyKey: key, causationId: key, transaction };
    answers.push(answerOf(key, await engine.execute(command, context)));
  }
  await transaction.query('COMMIT');
  transaction.release();
  await engine.close();
  const { rows } = await pool.query(`SELECT count(*) FROM ${target.schema}.pending`);
  await end();
  return Number(rows[0].count);
}

async function transactionId(cluster: Cluster): Promise<number> {
  const client = new Client({ connectionString: cluster.url });
  await client.connect();
  const { rows } = await client.query('SELECT pg_current_xact_id()::text AS id');
  await client.end();
  return Number(rows[0].id);
}
