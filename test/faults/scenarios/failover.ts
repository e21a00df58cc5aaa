import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { chanceOf } from '../kit/chance.ts';
import { acknowledgeAll, finishSuccession } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget } from '../kit/target.ts';

// The primary is killed, or frozen, under load, its synchronous standby promoted, and the address
// moved. Nothing that was acknowledged is lost, and the processes are the same all the time.

export const failoverSynchronous: FaultTest = {
  name: 'failover-synchronous',
  promise: 'with a synchronous standby a failover loses nothing, and the processes live on',
  run: (round) => run(round, 'killed'),
};

export const failoverHosts: FaultTest = {
  name: 'failover-hosts',
  promise: 'processes that know both servers find the new primary, and no address moves',
  run: (round) => run(round, 'killed', 'both servers are known'),
};

export const failoverFrozen: FaultTest = {
  name: 'failover-frozen',
  promise: 'a primary that is frozen is left behind, and what it does when it thaws harms nothing',
  run: (round) => run(round, 'frozen'),
};

async function run(
  { seed, scale }: Round,
  fate: 'killed' | 'frozen',
  way: 'the address moves' | 'both servers are known' = 'the address moves',
): Promise<Findings> {
  const chance = chanceOf(seed);
  await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
  const { primary, standby } = pair;
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${port}`);
  const isKnown = way === 'both servers are known';
  await using target = ownServerTarget(pair.url, isKnown ? { hosts } : {});
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 8 });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  await acknowledgeAll(processes, () => chance.between(20, 100 * scale));
  if (fate === 'killed') await primary.stop('kill');
  else primary.freeze();
  await pair.promote();
  if (!isKnown) pair.moveAddress();
  const promotedAt = performance.now();
  await Promise.race(processes.map((process) => process.acknowledges(1)));
  const firstMs = performance.now() - promotedAt;
  await acknowledgeAll(processes, () => 1);
  const everyMs = performance.now() - promotedAt;
  primary.thaw();
  await acknowledgeAll(processes, () => 50 * scale);
  return {
    faults: { [`primaries ${fate}`]: 1 },
    peaks: {
      'ms from the promotion to an answer': Math.round(firstMs),
      'ms from the promotion to an answer of each': Math.round(everyMs),
    },
    ...(await finishSuccession({ target, processes })),
  };
}
