import { checkBooks } from './books.ts';
import { checkDeliveries, deliveredCount, readDeliveries } from './deliveries.ts';
import { EngineProcess } from './engine-handle.ts';
import type { EngineProcessOptions } from './engine-process-options.ts';
import type { Findings } from './fault-test.ts';
import type { Target } from './target.ts';
import { until } from './until.ts';
import type { Acknowledgement } from './workload.ts';

/** The name of the subscription whose deliveries are checked. */
export const subscriptionName = 'audit';

/** An engine process on a target, that handles all events. */
export function startEngine(
  target: Target,
  options: Pick<EngineProcessOptions, 'name' | 'seed' | 'clients'> & Partial<EngineProcessOptions>,
): Promise<EngineProcess> {
  return EngineProcess.start({
    store: target.address,
    sharedOrders: 4,
    subscription: { name: subscriptionName, deliveries: target.deliveries },
    // The place of a dead process is free after this.
    leaseDurationMs: 1000,
    ...options,
  });
}

/** What processes that have ended left in the store, and what they were told. */
export interface Estate {
  readonly answers: readonly Acknowledgement[];
  readonly defects: readonly string[];
}

/** What processes were told, and what of it should never have happened. */
export function estateOf(processes: readonly EngineProcess[]): Estate {
  return {
    answers: processes.flatMap(({ answers }) => answers),
    defects: processes.flatMap(({ defects }) => defects),
  };
}

/**
 * After all processes of a round have ended: checks the books, has the rest of the events
 * delivered by one more process, and checks the deliveries.
 */
export async function finish(
  target: Target,
  { answers, defects }: Estate,
): Promise<Pick<Findings, 'load' | 'losses'>> {
  await target.quiet();
  const store = await target.open();
  const { events, losses, orderCount } = await checkBooks(store, answers);
  await using last = await startEngine(target, { name: 'last', seed: 0, clients: 0 });
  const isDelivered = () => deliveredCount(readDeliveries(target.deliveries)) >= events.length;
  // When it does not come about, what is missing is told below.
  await until(isDelivered, 'every event to be delivered').catch(() => {});
  await last.terminate();
  const deliveries = readDeliveries(target.deliveries);
  return {
    load: {
      'commands acknowledged': answers.length,
      orders: orderCount,
      events: events.length,
      deliveries: deliveries.length,
    },
    losses: [...losses, ...defects, ...last.defects, ...checkDeliveries(deliveries, events)],
  };
}
