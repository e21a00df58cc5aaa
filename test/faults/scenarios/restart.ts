import { Cluster, type StopMode } from '../../postgres/cluster.ts';
import { chanceOf } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { estateOf, finish, startEngine } from '../kit/finish.ts';
import { poolSize, postgresTarget } from '../kit/target.ts';

// Promise 7: the database is restarted under load, in order and not. The processes live on and
// recover by themselves: they acknowledge commands again, have had no unhandled rejection (which
// would be among the defects), and their pools have not grown beyond their size.

export const restart: FaultTest = {
  name: 'postgres-restart',
  promise: 'processes outlive restarts of the database under load and recover by themselves',
  run,
};

async function run({ seed, scale }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using cluster = await Cluster.create();
  await using target = postgresTarget(cluster.url);
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 8 });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  const faults: Record<string, number> = {};
  let longestMs = 0;
  for (const mode of modesOf(scale)) {
    await Promise.all(processes.map((process) => process.acknowledges(chance.between(5, 60))));
    await cluster.restart(mode);
    const restartedAt = performance.now();
    await Promise.all(processes.map((process) => process.acknowledges(1)));
    longestMs = Math.max(longestMs, performance.now() - restartedAt);
    faults[`restarts (${mode})`] = (faults[`restarts (${mode})`] ?? 0) + 1;
  }
  await Promise.all(processes.map((process) => process.acknowledges(20)));
  const endings = await Promise.all(processes.map((process) => process.terminate()));
  const losses = processes.flatMap(({ name, closing }, index) =>
    endings[index]?.code === 0 && closing?.waiting === 0 && closing.total <= poolSize
      ? []
      : [`${name} ended with ${JSON.stringify({ ...endings[index], pool: closing })}`],
  );
  const { load, losses: found } = await finish(target, estateOf(processes));
  const peaks = { 'ms from the restart to an answer of each': Math.round(longestMs) };
  return { faults, load, peaks, losses: [...losses, ...found] };
}

function modesOf(scale: number): readonly StopMode[] {
  const modes: StopMode[] = ['fast', 'immediate', 'kill'];
  return Array.from({ length: scale }).flatMap(() => modes);
}
