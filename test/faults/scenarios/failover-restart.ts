import type { Cluster } from '../../postgres/cluster.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { chanceOf } from '../kit/chance.ts';
import { readDeliveries } from '../kit/deliveries.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import { acknowledgeAll, finishSuccession, lostWith, watchCheckpoints } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget, type PostgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// A primary restarts while commits wait for its synchronous standby. They are on its disk, so
// everybody sees them from then on, and the standby does not have them. Then it gets them after all,
// or the primary is lost and they with it: engines have read, told and cached what is no more.

export const failoverRestart: FaultTest = {
  name: 'failover-restart',
  promise: 'what a restarted primary shows before its standby has it may come, or go, and be told',
  run: async (round) => {
    const come = await run(round, 'the standby gets them');
    const gone = await run({ ...round, seed: round.seed + 1 }, 'the primary is lost');
    return {
      faults: { 'primaries restarted with unreplicated commits': 2, 'of these lost': 1 },
      load: Object.fromEntries(
        Object.entries(gone.load).map(([name, count]) => [name, count + (come.load[name] ?? 0)]),
      ),
      losses: [...come.losses, ...gone.losses],
    };
  },
};

/**
 * Nobody can take a lease while the standby is away, since that is a write: whoever tells of the
 * commits must have had its leases before, and keep them however slow the machine is. So the
 * partitions must have been shared out as well: one that is just handed over would have no owner.
 */
const leaseDurationMs = 3_600_000;

/** Orders that each process changes while the standby is away. */
const waitingCount = 10;

async function run(
  { seed, scale }: Round,
  end: 'the standby gets them' | 'the primary is lost',
): Promise<Pick<Findings, 'load' | 'losses'>> {
  const chance = chanceOf(seed);
  await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
  const { primary, standby } = pair;
  await using target = ownServerTarget(pair.url);
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 8, leaseDurationMs });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  for (const process of processes) await placeOrders(process);
  await acknowledgeAll(processes, () => chance.between(20, 100 * scale));
  await Promise.all(processes.map((process) => process.rest()));
  await everythingTold(primary, target);
  await partitionsShared(primary, target);

  pair.holdBack();
  const annotations = processes.map((process) => annotateOrders(process, 'waiting'));
  const unreplicated = await restartUntilShown(pair, target);
  await everythingTold(primary, target);
  if (end === 'the standby gets them') pair.letGo();
  else {
    await primary.stop('kill');
    await pair.promote();
  }
  await using checkpoints = watchCheckpoints(
    end === 'the primary is lost' ? standby : primary,
    target,
  );
  if (end === 'the primary is lost') pair.moveAddress();
  // The orders that were told as changed are changed once more, by who has cached them so.
  await Promise.all(annotations);
  await Promise.all(processes.map((process) => annotateOrders(process, 'afterwards')));
  for (const process of processes) process.resume();
  await acknowledgeAll(processes, () => chance.between(60, 100 * scale));
  const lost = end === 'the primary is lost' ? lostWith(primary, target) : undefined;
  const { load, losses } = await finishSuccession({ target, processes, lost });
  const changed = processes.filter(({ stats }) => stats?.historyChanges !== 0);
  const mistaken = lost ? [] : changed.map(({ name }) => `${name} took a restart for a loss`);
  return {
    load: { ...load, 'events told that the standby did not have': unreplicated },
    losses: [...losses, ...mistaken, ...(await checkpoints.end())],
  };
}

const ordersOf = ({ name }: EngineProcess) =>
  Array.from({ length: waitingCount }, (_, index) => `${name}-waiting-${index}`);

async function placeOrders(process: EngineProcess): Promise<void> {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  await insist(process, (orderId) => ({ type: 'order.place', orderId, currency: 'EUR', lines }));
}

const annotateOrders = (process: EngineProcess, note: string) =>
  insist(process, (orderId) => ({ type: 'order.annotate', orderId, metadata: { [note]: true } }));

/** Executes a command for each of its orders, until it is answered. */
async function insist(
  process: EngineProcess,
  command: (orderId: string) => { readonly type: string },
): Promise<void> {
  const execute = async (orderId: string): Promise<void> => {
    const { type, ...rest } = command(orderId);
    const context = { idempotencyKey: `${orderId}/${JSON.stringify(rest)}` };
    for (;;) {
      const { status, code = '' } = await process.execute({ type, ...rest }, context);
      if (status === 'accepted') return;
      const isAway = /^(storeUnavailable|outcomeUnknown|contention)$/.test(code);
      if (!isAway) throw new Error(`${type} of ${orderId} came to ${status} ${code}`);
    }
  };
  await Promise.all(ordersOf(process).map(execute));
}

/**
 * Restarts the primary as often as anything waits for the standby, until it shows what was asked of
 * it, each event with its place in the feed. Gives the number of events that the standby lacks.
 */
async function restartUntilShown(pair: ReplicatedPair, target: PostgresTarget): Promise<number> {
  const { primary, standby } = pair;
  const waits = "SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  let missing = 0;
  await until(async () => {
    if ((await primary.query(waits)).length > 0) await primary.restart('immediate');
    missing = (await placedOn(primary, target)).size - (await placedOn(standby, target)).size;
    return missing >= 2 * waitingCount;
  }, 'a restarted primary to show what its standby does not have');
  return missing;
}

/** The events that have their place in the feed of a server. */
async function placedOn(server: Cluster, { schema }: PostgresTarget): Promise<ReadonlySet<string>> {
  const text = `SELECT id FROM ${schema}.events JOIN ${schema}.feed USING (order_row, version)`;
  return new Set((await server.query<{ id: string }>(text)).map(({ id }) => id));
}

/** Resolves when each of the two processes has its half of the partitions. */
async function partitionsShared(server: Cluster, { schema }: PostgresTarget): Promise<void> {
  const text =
    `SELECT owner, 2 * count(*) = (SELECT count(*) FROM ${schema}.feed_heads) AS is_half ` +
    `FROM ${schema}.leases GROUP BY subscription, owner`;
  await until(async () => {
    const rows = await server.query<{ owner: string | null; is_half: boolean }>(text);
    return rows.length > 0 && rows.every(({ owner, is_half }) => owner !== null && is_half);
  }, 'each process to have its half of the partitions');
}

async function everythingTold(server: Cluster, target: PostgresTarget): Promise<void> {
  const isTold = async (): Promise<boolean> => {
    const told = new Set(readDeliveries(target.deliveries).map(({ eventId }) => eventId));
    return [...(await placedOn(server, target))].every((id) => told.has(id));
  };
  await until(isTold, 'what the primary has to be told');
}
