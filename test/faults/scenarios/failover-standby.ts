import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import type { EngineProcess, ToldResult } from '../kit/engine-handle.ts';
import { finishSuccession } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget, poolSize } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// The address leads to a standby for a while, as it does when a balancer is slow or wrong, and then
// to the primary again. Connections to the standby are open and well, and of no use: each may make
// one command fail, and no more.

export const failoverStandby: FaultTest = {
  name: 'failover-standby',
  promise: 'connections that were opened to a standby make at most one command fail each',
  run,
};

async function run({ scale }: Round): Promise<Findings> {
  await using pair = await ReplicatedPair.create({ replication: 'asynchronous' });
  await using target = ownServerTarget(pair.url);
  await using one = await startEngine(target, { name: 'one', seed: 0, clients: 0 });
  await placeAll(one, 'before', 10);
  await pair.untilFollowing();
  const losses: string[] = [];
  let [refused, failed, opened] = [0, 0, 0];
  for (let turn = 0; turn < scale; turn += 1) {
    pair.address.moveTo(pair.standby.url);
    pair.address.cutAll();
    const before = pair.address.accepted;
    // The first ones fail with the connections that were cut; those that matter are made afterwards.
    await until(async () => {
      const results = await placeAll(one, `astray-${turn}-${refused}`, 4 * poolSize);
      refused += failuresIn(results);
      return pair.address.accepted >= before + poolSize;
    }, 'connections to the standby');
    opened = pair.address.connections;
    pair.address.moveTo(pair.primary.url);
    const results: ToldResult[] = [];
    for (let count = 0; count < 10 * poolSize; count += 1) {
      results.push(...(await placeAll(one, `home-${turn}-${count}`, 1)));
    }
    failed += failuresIn(results);
    if (failuresIn(results) > opened) {
      losses.push(`${opened} connections to a standby made ${failuresIn(results)} commands fail`);
    }
  }
  const found = await finishSuccession({ target, processes: [one] });
  return {
    faults: { 'commands refused by a standby': refused },
    load: { ...found.load, 'commands that failed afterwards': failed },
    peaks: { 'connections to the standby': opened },
    losses: [...losses, ...found.losses],
  };
}

/** Places orders, all at once; each once, whatever comes of it. */
function placeAll(
  process: EngineProcess,
  name: string,
  count: number,
): Promise<readonly ToldResult[]> {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      process.execute({ type: 'order.place', orderId: `${name}-${index}`, currency: 'EUR', lines }),
    ),
  );
}

function failuresIn(results: readonly ToldResult[]): number {
  return results.filter(({ status }) => status === 'failed').length;
}
