import { type AnyStatus, createOrderEngine } from '../../../src/index.ts';
import type { Cluster } from '../../postgres/cluster.ts';
import { newSchemaName } from '../../postgres/database.ts';
import { ReplicatedPair } from '../../postgres/replicated-pair.ts';
import type { EngineProcess, ToldResult } from '../kit/engine-handle.ts';
import type { StoreAddress } from '../kit/engine-process-options.ts';
import { finishSuccession } from '../kit/failover.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { connectStore, ownServerTarget, type PostgresTarget } from '../kit/target.ts';

// Statuses are stored once and named by a key. One process learns statuses that only the lost
// primary knew; afterwards it writes them again, and another writes statuses of its own that the
// new primary has not met either. Each must be read as what was told when it was written.

export const failoverStatuses: FaultTest = {
  name: 'failover-statuses',
  promise: 'a status that only the lost primary knew is no damage, and none is taken for another',
  run,
};

/** Where an order stood when its command was acknowledged. */
type Told = Map<string, AnyStatus>;

async function run({ scale }: Round): Promise<Findings> {
  const orders = Array.from({ length: 4 * scale }, (_, index) => `order-${index}`);
  // The standby is copied with them, so that its dictionary goes on from where theirs ended.
  const schema = newSchemaName();
  const prepare = (primary: Cluster) =>
    placeAll({ kind: 'postgres', url: primary.url, schema }, orders);
  await using pair = await ReplicatedPair.create({ replication: 'asynchronous', prepare });
  await using target = ownServerTarget(pair.url, { schema });
  const start = (name: string) => startEngine(target, { name, seed: 0, clients: 0 });
  await using one = await start('one');
  await using other = await start('other');
  pair.holdBack();
  // Statuses that the standby never hears of: held, and paid.
  for (const orderId of orders) await insist(one, hold(orderId));
  for (const orderId of orders) await insist(one, capture(orderId));
  await pair.primary.stop('kill');
  await pair.promote();
  pair.moveAddress();
  const told: Told = new Map();
  for (const [index, orderId] of orders.entries()) {
    // The keys that were given in the lost time are given again, by another process and to others.
    if (index % 2 === 0) await note(told, other, cancel(orderId));
    else await note(told, one, hold(orderId));
  }
  for (const [index, orderId] of orders.entries()) {
    if (index % 2 === 1) await note(told, one, capture(orderId));
  }
  const misread = await compare(target, told);
  const { load, losses } = await finishSuccession({
    target,
    processes: [one, other],
    lost: { wrongAnswers: async () => [] },
  });
  return {
    faults: { 'standbys promoted that were behind': 1, 'orders in a lost status': orders.length },
    load: { ...load, 'statuses compared': told.size },
    losses: [...misread, ...losses],
  };
}

async function placeAll(address: StoreAddress, orders: readonly string[]): Promise<void> {
  const { store, end } = connectStore(address);
  const engine = await createOrderEngine({ store, timers: false });
  for (const orderId of orders) {
    const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
    await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  }
  await engine.close();
  await end();
}

const hold = (orderId: string) => ({ type: 'order.hold', orderId, reason: 'fraud' });
const cancel = (orderId: string) => ({ type: 'order.cancel', orderId });
const capture = (orderId: string) => ({
  type: 'payment.report',
  outcome: 'captured',
  sale: true,
  orderId,
  paymentId: 'payment-1',
  objectId: 'object-1',
  amount: 1000,
  currency: 'EUR',
  source: 'provider',
  reportId: `report-${orderId}`,
});

/** Executes a command until it is answered; the address takes a moment to move. */
async function insist(process: EngineProcess, command: object): Promise<ToldResult> {
  for (;;) {
    const result = await process.execute(command);
    if (result.status === 'accepted') return result;
    const isAway = /^(storeUnavailable|outcomeUnknown)$/.test(result.code ?? '');
    if (!isAway) throw new Error(`${JSON.stringify(command)} came to ${JSON.stringify(result)}`);
  }
}

async function note(told: Told, process: EngineProcess, command: { readonly orderId: string }) {
  const status = (await insist(process, command)).events?.at(-1)?.status;
  if (status !== undefined) told.set(command.orderId, status);
}

/** Reads every order as a process does that has met no status yet. */
async function compare(target: PostgresTarget, told: Told): Promise<string[]> {
  const store = await target.open();
  const losses: string[] = [];
  for (const [orderId, status] of told) {
    const key = { tenantId: 'default', orderId };
    const [record] = await store.load([key]);
    const last = (await store.history(key, 0, 100)).at(-1);
    for (const read of [record?.status, last?.status]) {
      if (JSON.stringify(read) === JSON.stringify(status)) continue;
      losses.push(`${orderId}: told ${JSON.stringify(status)}, read ${JSON.stringify(read)}`);
    }
  }
  return losses;
}
