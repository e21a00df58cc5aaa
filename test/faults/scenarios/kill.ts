import { chanceOf } from '../kit/chance.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { estateOf, finish, startEngine } from '../kit/finish.ts';
import { postgresTarget, sqliteTarget, type Target } from '../kit/target.ts';

// Promise 1: engines in processes of their own are killed with SIGKILL at random moments under
// load, and started again. What they acknowledged is there, once and whole, and every event reaches
// the subscription.

export const killOnPostgres: FaultTest = {
  name: 'postgres-kill',
  promise:
    'no acknowledged command is lost, halved or doubled by kill -9, and no event, on Postgres',
  run: (round) => run(round, () => postgresTarget(round.url)),
};

export const killOnSqlite: FaultTest = {
  name: 'sqlite-kill',
  promise: 'no acknowledged command is lost, halved or doubled by kill -9, and no event, on SQLite',
  run: (round) => run(round, sqliteTarget),
};

async function run({ seed, scale }: Round, newTarget: () => Target): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = newTarget();
  const killsWanted = 2 * scale;
  const killed: EngineProcess[] = [];
  const place = async (name: string): Promise<void> => {
    for (let kills = 0; kills < killsWanted; kills += 1) {
      const options = { name: `${name}${kills}`, seed: chance.between(0, 1_000_000), clients: 8 };
      await using process = await startEngine(target, options);
      await process.acknowledges(chance.between(5, 120 * scale));
      await process.kill();
      killed.push(process);
    }
  };
  // Two at once; the one is killed while the other goes on.
  await Promise.all([place('a'), place('b')]);
  const { load, losses } = await finish(target, estateOf(killed));
  return { faults: { 'processes killed': killed.length }, load, losses };
}
