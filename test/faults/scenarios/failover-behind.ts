import { PgBouncer } from '../../postgres/pgbouncer.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { chanceOf } from '../kit/chance.ts';
import { acknowledgeAll, finishSuccession, lostWith, watchCheckpoints } from '../kit/failover.ts';
import type { FaultTest, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget } from '../kit/target.ts';

// A standby that was behind is promoted under load: the newest part of the history is gone, and
// other events get the numbers of those that went. The processes do not know, and have read, cached
// and checkpointed what is no more.

export const failoverBehind: FaultTest = {
  name: 'failover-behind',
  promise: 'of what a promoted standby that was behind has, every event is told and nothing mixed',
  run: async (round) => {
    const found = await run(round, {});
    const control = await run({ ...round, scale: 1 }, { isBlind: true });
    const mixed = control.losses.filter((loss) => proofOfMixing.test(loss)).length;
    const load = { ...found.load, 'losses of the control, without the checks': mixed };
    if (mixed > 0) return { ...found, load };
    // Then this test would not find what the checks are there for.
    return { ...found, losses: [...found.losses, 'the control lost nothing'] };
  },
};

export const failoverPooler: FaultTest = {
  name: 'failover-pooler',
  promise: 'the same through PgBouncer, which gives every transaction another connection',
  program: 'pgbouncer',
  run: (round) => run(round, { isPooled: true }),
};

/** What waiting longer would not have mended. */
const proofOfMixing = /was delivered after version|do not replay|differ|not that of its last/;

/** Longer than a failover takes: whoever has a lease goes on with what it knew. */
const leaseDurationMs = 60_000;
/** Longer than on any machine: whoever took the lease anew would read what the database has now. */
const controlLeaseDurationMs = 3_600_000;

interface Way {
  readonly isPooled?: boolean;
  /** The control: the checks are taken out. */
  readonly isBlind?: boolean;
}

async function run({ seed, scale }: Round, { isPooled = false, isBlind = false }: Way) {
  const chance = chanceOf(seed);
  await using pair = await ReplicatedPair.create({ replication: 'asynchronous' });
  await using stack = new AsyncDisposableStack();
  const { url } = isPooled ? stack.use(await PgBouncer.create(pair.url)) : pair;
  await using target = ownServerTarget(url, { preparedStatements: !isPooled });
  const start = (name: string) =>
    startEngine(target, {
      name,
      seed: chance.between(0, 1e6),
      clients: 8,
      leaseDurationMs: isBlind ? controlLeaseDurationMs : leaseDurationMs,
      isBlind,
    });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  await acknowledgeAll(processes, () => chance.between(20, 100 * scale));
  pair.holdBack();
  await acknowledgeAll(processes, () => chance.between(100, 150 * scale));
  await pair.primary.stop('kill');
  await pair.promote();
  await using checkpoints = watchCheckpoints(pair.standby, target);
  pair.moveAddress();
  // The control passes over what has the positions of lost events; after those it goes on.
  const more = isBlind ? 200 : 0;
  await acknowledgeAll(processes, () => more + chance.between(60, 100 * scale));
  const lost = lostWith(pair.primary, target);
  const patienceMs = isBlind ? 5_000 : undefined;
  const { load, losses } = await finishSuccession({ target, processes, lost, patienceMs });
  return {
    faults: { 'standbys promoted that were behind': 1 },
    load,
    losses: [...losses, ...(await checkpoints.end())],
  };
}
