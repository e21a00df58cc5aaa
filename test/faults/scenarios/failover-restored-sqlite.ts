import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { chanceOf } from '../kit/chance.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import { acknowledgeAll, finishSuccession, lostIn } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { sqliteTarget, type Target } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// The contents of a file are replaced by those of a moment ago while engines use it, as by `.restore`
// of SQLite's shell. (When another file takes its name instead, the store refuses to go on.)

export const failoverRestoredSqlite: FaultTest = {
  name: 'failover-restored-sqlite',
  promise: 'contents of a moment ago put back into a file are taken for what they are',
  run,
};

/** Longer than a round takes: who has the lease goes on with what it knew. */
const leaseDurationMs = 60_000;

async function run({ seed, scale }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = sqliteTarget();
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 4, leaseDurationMs });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  const files = filesOf(target);
  await acknowledgeAll(processes, () => chance.between(20, 100 * scale));
  copyInto(files.orders, files.snapshot);
  await acknowledgeAll(processes, () => chance.between(60, 150 * scale));
  await replace(files, processes);
  await acknowledgeAll(processes, () => chance.between(60, 100 * scale));
  const lost = lostIn({ kind: 'sqlite', path: files.lost });
  const { load, losses } = await finishSuccession({
    target,
    processes,
    lost,
  });
  return { faults: { 'contents replaced': 1 }, load, losses };
}

interface Files {
  readonly orders: string;
  readonly snapshot: string;
  readonly lost: string;
}

function filesOf({ folder }: Target): Files {
  const [orders = '', snapshot = '', lost = ''] = ['orders', 'snapshot', 'lost'].map((name) =>
    join(folder, `${name}.db`),
  );
  return { orders, snapshot, lost };
}

/** A file with everything that is committed now. */
function copyInto(from: string, to: string): void {
  const database = new DatabaseSync(from);
  database.prepare('VACUUM INTO ?').run(to);
  database.close();
}

/** Nobody writes meanwhile, so that all that was acknowledged before is in the copy. */
async function replace(
  { orders, snapshot, lost }: Files,
  processes: readonly EngineProcess[],
): Promise<void> {
  const source = new DatabaseSync(snapshot, { readOnly: true });
  // A process that is frozen in the middle of a transaction keeps its lock: then once more.
  await until(async () => {
    for (const process of processes) process.freeze();
    try {
      rmSync(lost, { force: true });
      copyInto(orders, lost);
      await backup(source, orders);
      return true;
    } catch {
      return false;
    } finally {
      for (const process of processes) process.thaw();
    }
  }, 'the file to be free');
  source.close();
}
