import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import type { ParkedOrders } from '../../src/engine/subscriptions/projections/parked-orders.ts';
import { ProjectionSearch } from '../../src/engine/subscriptions/projections/projection-search.ts';
import type {
  ProjectionTransactions,
  TransactionEnd,
} from '../../src/engine/subscriptions/projections/projection-transactions.ts';
import type { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import type { OrderEvent } from '../../src/order/envelope.ts';
import type { OrderKey } from '../../src/store/store.ts';
import { entryOf } from './worker-kit.ts';

/** A search whose surroundings do as they are told. All events fail unless the test says otherwise. */
export function searching() {
  const asked: (readonly [number, number, number, number])[] = [];
  const tried: string[] = [];
  const fails: TransactionEnd = { error: new Error('no') };
  const test = {
    /** The orders of the events from position 11 on. */
    feed: [] as string[],
    matches: (_: string): boolean => true,
    isParked: (_: string): boolean => false,
    asideCount: 0,
    tryOut: (_: OrderEvent): TransactionEnd => fails,
  };
  const parts = {
    random: () => 1,
    settings: { retry: { initialDelayMs: 100, maximumDelayMs: 60_000 } },
    matches: (type: string) => test.matches(type),
    store: {
      feed: async (...args: readonly [number, number, number, number]) => {
        asked.push(args);
        const begin = Math.max(0, args[1] - 10);
        return test.feed
          .slice(begin, begin + args[2])
          .map((orderId, index) => entryOf(11 + begin + index, orderId));
      },
    },
  } as unknown as ConsumerParts;
  const parked = {
    has: ({ orderId }: OrderKey) => test.isParked(orderId),
    get asideCount() {
      return test.asideCount;
    },
  } as ParkedOrders;
  const transactions = {
    tryOut: async (event: OrderEvent) => {
      tried.push(event.orderId);
      return test.tryOut(event);
    },
  } as unknown as ProjectionTransactions;
  const lease = { current: { partition: 3 } } as unknown as WorkerLease;
  const search = new ProjectionSearch(parts, lease, parked, transactions);
  const begin = (attempts = 2) =>
    search.begin(entryOf(11, test.feed[0]), new Error('broken'), attempts);
  /** Runs to the end of a round, and gives how it ended and what was tried. */
  const round = async () => {
    tried.length = 0;
    let result = await search.next();
    while (result === 'more') result = await search.next();
    return [result, tried.length];
  };
  return { search, asked, tried, test, begin, round };
}
