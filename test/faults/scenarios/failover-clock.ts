import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import { chanceOf } from '../kit/chance.ts';
import type { EngineProcess } from '../kit/engine-handle.ts';
import { finishSuccession } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { ownServerTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// The machine that takes over has another clock. Processes that went on by the old one, each until
// it compares the clocks again, would disagree on what is due and whose lease has ended.

export const failoverClock: FaultTest = {
  name: 'failover-clock',
  promise: 'after a failover to a machine with another clock all processes go by that one',
  run,
};

const minute = 60_000;
const offsetMs = 60 * minute;
/** Nothing here takes so long, and no clock here differs by as little. */
const toleranceMs = 20 * minute;

async function run({ seed, scale }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using pair = await ReplicatedPair.create({ replication: 'synchronous' });
  const clocks = { [pair.standby.port]: offsetMs };
  await using target = ownServerTarget(pair.url, { clocks });
  const start = (name: string) =>
    startEngine(target, { name, seed: chance.between(0, 1e6), clients: 2 });
  await using one = await start('one');
  await using other = await start('other');
  const processes = [one, other];
  const names = (what: string) => Array.from({ length: 10 * scale }, (_, at) => `${what}-${at}`);
  // Due by the new clock as soon as it counts, and by the old one only in half an hour.
  const due = names('due');
  for (const [index, orderId] of due.entries()) await place(processes[index % 2] ?? one, orderId);
  await pair.primary.stop('kill');
  await pair.promote();
  pair.moveAddress();
  for (const process of processes) {
    const hasNoticed = async () => (await process.statsNow()).historyChanges > 0;
    await until(hasNoticed, `process ${process.name} to notice`);
    // The clocks are compared when that is noticed, which takes a moment and not a minute.
    for (let count = 0; count < 200; count += 1) {
      if (isOff(await place(process, `soon-${process.name}-${count}`))) continue;
      break;
    }
  }
  const losses: string[] = [];
  // Not due by either, if the clock that they were placed by is the one that they are fired by.
  const open = names('open');
  for (const [index, orderId] of open.entries()) {
    const placedAt = await place(processes[index % 2] ?? one, orderId);
    if (isOff(placedAt)) losses.push(`${orderId} was recorded by another clock`);
  }
  const store = await target.open();
  const isExpired = async (orderId: string): Promise<boolean> => {
    const events = await store.history({ tenantId: 'default', orderId }, 0, 100);
    return events.some(({ type }) => type === 'order.expired');
  };
  for (const orderId of due) await until(() => isExpired(orderId), `${orderId} to expire`);
  for (const orderId of open) {
    if (await isExpired(orderId)) losses.push(`${orderId} expired, and is not due`);
  }
  const found = await finishSuccession({ target, processes });
  return {
    faults: { 'failovers to another clock': 1 },
    load: { ...found.load, 'deadlines looked at': due.length + open.length },
    losses: [...losses, ...found.losses],
  };
}

/** Whether a time is not one of the new clock. */
function isOff(time: number): boolean {
  return Math.abs(time - Date.now() - offsetMs) > toleranceMs;
}

/** Places an order that expires in half an hour; gives when it was recorded. */
async function place(process: EngineProcess, orderId: string): Promise<number> {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  const policy = { unpaidTimeoutMs: 30 * minute };
  const command = { type: 'order.place', orderId, currency: 'EUR', lines, policy };
  for (;;) {
    const result = await process.execute(command, { idempotencyKey: `${orderId}/place` });
    const [event] = result.events ?? [];
    if (event !== undefined) return event.recordedAt;
    if (result.status === 'rejected') throw new Error(`${orderId}: ${JSON.stringify(result)}`);
  }
}
