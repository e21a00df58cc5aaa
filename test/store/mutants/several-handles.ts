import { systemClock } from '../../../src/engine/kernel/clock.ts';
import { OrderchartError } from '../../../src/errors.ts';
import { createMemoryStore } from '../../../src/store/memory.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import type { StoreUnderTest } from '../../../src/testing/conformance/index.ts';
import { delegateStore } from '../../../src/testing/delegate.ts';
import { transactionalStore } from '../transactional-store.ts';

type Call = (...values: readonly unknown[]) => Promise<unknown>;
type Methods = Readonly<Record<string, unknown>>;

/**
 * A store in memory that has everything a database has: several handles on the same data, which
 * outlive them, transactions of the host's, a clock and news. Each handle is opened and closed by
 * itself, and finishes what is under way. Faults are planted in it.
 *
 * @param plant Puts the fault into each handle.
 */
export function severalHandles(plant: (store: OrderStore) => OrderStore): StoreUnderTest {
  const data = transactionalStore(createMemoryStore());
  const listeners = new Set<() => void>();
  const opening = data.open();
  const again = () => plant(handleOn(data, listeners, opening));
  const begin = () => {
    const transaction = data.begin();
    return { transaction, commit: transaction.commit, rollBack: transaction.rollBack };
  };
  return { store: again(), again, begin, dispose: () => data.close() };
}

function handleOn(
  data: OrderStore,
  listeners: Set<() => void>,
  opening: Promise<void>,
): OrderStore {
  let isOpen = false;
  const underWay = new Set<Promise<unknown>>();
  const gated = (call: Call): Call => {
    return async (...values) => {
      if (!isOpen) throw new OrderchartError('storeClosed', 'This handle is not open.');
      const running = call(...values);
      underWay.add(running);
      return running.finally(() => underWay.delete(running));
    };
  };
  const gate = (methods: Methods): Methods =>
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        typeof method === 'function' ? gated(method as Call) : method,
      ]),
    );
  const { subscriptions, within, ...methods } = delegateStore(data);
  const own = new Set<() => void>();
  const news: Pick<OrderStore, 'now' | 'listen'> = {
    now: async () => systemClock.now(),
    listen: async (onNews) => {
      const listener = () => onNews();
      listeners.add(listener);
      own.add(listener);
      return async () => {
        listeners.delete(listener);
      };
    },
  };
  const commit: OrderStore['commit'] = async (commits) => {
    const outcomes = await data.commit(commits);
    for (const listener of listeners) listener();
    return outcomes;
  };
  return {
    ...(gate({ ...methods, ...news, commit }) as unknown as OrderStore),
    ...(within && { within }),
    subscriptions: gate({ ...subscriptions }) as unknown as OrderStore['subscriptions'],
    open: async () => {
      await opening;
      isOpen = true;
    },
    close: async () => {
      isOpen = false;
      await Promise.allSettled(underWay);
      for (const listener of own) listeners.delete(listener);
    },
  };
}
