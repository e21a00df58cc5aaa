import { chanceOf } from '../kit/chance.ts';
import { deliveredCount, readDeliveries } from '../kit/deliveries.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { estateOf, finish, startEngine } from '../kit/finish.ts';
import { postgresTarget, sqliteTarget, type Target } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 12: processes are ended with SIGTERM under load, and others started in their place. They
// finish what they have in flight and exit in time. Their leases would last for many minutes, so
// that events come out at all proves that the place was given back.

export const terminateOnPostgres: FaultTest = {
  name: 'postgres-terminate',
  promise: 'SIGTERM ends a process in order, loses nothing and hands over at once, on Postgres',
  run: (round) => run(round, () => postgresTarget(round.url)),
};

export const terminateOnSqlite: FaultTest = {
  name: 'sqlite-terminate',
  promise: 'SIGTERM ends a process in order, loses nothing and hands over at once, on SQLite',
  run: (round) => run(round, sqliteTarget),
};

const leaseDurationMs = 600_000;
/** How long it takes is measured, and up to the machine. */
const exitLimitMs = 300_000;
/** Less than a lease: whoever waits for it to run out is too late. */
const handOverLimitMs = 300_000;

async function run({ seed, scale }: Round, newTarget: () => Target): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = newTarget();
  const ended: EngineProcess[] = [];
  const losses: string[] = [];
  const exits: number[] = [];
  const endings = 2 * scale;
  await using processes = new AsyncDisposableStack();
  const start = async (name: string): Promise<EngineProcess> => {
    const options = { name, seed: chance.between(0, 1e6), clients: 4, leaseDurationMs };
    return processes.use(await startEngine(target, options));
  };
  let [going, staying] = [await start('first'), await start('second')];
  for (let count = 0; count < endings; count += 1) {
    await going.acknowledges(chance.between(5, 60));
    losses.push(...(await endInTime(going, exits)));
    ended.push(going);
    const deliveredBefore = deliveredCount(readDeliveries(target.deliveries));
    [going, staying] = [staying, await start(`next${count}`)];
    // Only once somebody else has the partitions can there be more deliveries.
    await going.acknowledges(5);
    await until(
      () => deliveredCount(readDeliveries(target.deliveries)) > deliveredBefore,
      'the events after a hand-over',
      handOverLimitMs,
    ).catch((error: Error) => losses.push(error.message));
  }
  for (const process of [going, staying]) losses.push(...(await endInTime(process, exits)));
  ended.push(going, staying);
  const { load, losses: found } = await finish(target, estateOf(ended));
  const peaks = { 'ms to exit': Math.max(...exits) };
  const faults = { 'processes ended': ended.length };
  return { faults, load, peaks, losses: [...losses, ...found] };
}

async function endInTime(process: EngineProcess, exits: number[]): Promise<readonly string[]> {
  const start = performance.now();
  const ending = process.terminate();
  const inTime = await until(() => !process.isRunning, 'the exit', exitLimitMs).then(
    () => true,
    () => false,
  );
  exits.push(Math.round(performance.now() - start));
  if (!inTime) {
    await process.kill();
    return [`${process.name} had not ended ${exitLimitMs} ms after SIGTERM`];
  }
  const { code, signal } = await ending;
  const { closing } = process;
  if (code === 0 && closing !== undefined && closing.waiting === 0) return [];
  const how = `code ${code}, signal ${signal}, ${JSON.stringify(closing)}`;
  return [`${process.name} did not end in order: ${how}`];
}
