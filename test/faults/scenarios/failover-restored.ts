import { Cluster } from '../../postgres/cluster.ts';
import { chanceOf } from '../kit/chance.ts';
import { acknowledgeAll, finishSuccession, lostWith, watchCheckpoints } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget } from '../kit/target.ts';

// The data of a moment ago are put back in the place of those of now, as with the snapshot of a
// disk, while the engines run. The server is the same, and so are its timeline and its name: only
// what is in the rows tells that the history is another.

export const failoverRestored: FaultTest = {
  name: 'failover-restored',
  promise: 'data of a moment ago put back under running engines are taken for what they are',
  run,
};

/** Longer than the server is away: who has a lease goes on with what it knew. */
const leaseDurationMs = 30_000;

async function run({ seed, scale }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using cluster = await Cluster.create({ kinds: ['embedded', 'system'] });
  await using target = ownServerTarget(cluster.url);
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 8, leaseDurationMs });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  await acknowledgeAll(processes, () => chance.between(20, 100 * scale));
  await cluster.stop();
  const snapshot = cluster.snapshot();
  await cluster.start();
  await acknowledgeAll(processes, () => chance.between(60, 150 * scale));
  await cluster.stop('kill');
  const data = cluster.putBack(snapshot);
  await cluster.start();
  await using checkpoints = watchCheckpoints(cluster, target);
  await acknowledgeAll(processes, () => chance.between(60, 100 * scale));
  await using old = await Cluster.copyOf(cluster, { data });
  const lost = lostWith(old, target);
  const { load, losses } = await finishSuccession({ target, processes, lost });
  return {
    faults: { 'snapshots put back': 1 },
    load,
    losses: [...losses, ...(await checkpoints.end())],
  };
}
