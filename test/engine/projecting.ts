import { createMemoryStore, type OrderEvent, type ProjectionContext } from 'orderchart';
import {
  type TestTransaction,
  type TransactionalStore,
  transactionalStore,
} from '../store/transactional-store.ts';
import { sharedStore, testEngine } from './kit.ts';

export type Context = ProjectionContext<TestTransaction>;
export type Told = Pick<OrderEvent<string, object>, 'id' | 'type' | 'orderId' | 'version'>;

/** Counts the events of each order in the host's own rows: twice is seen, and so is never. */
export function counting({ orderId, version }: Told, { transaction }: Context): void {
  const versions = (transaction.rows.get(orderId) as readonly number[] | undefined) ?? [];
  transaction.rows.set(orderId, [...versions, version]);
}

export async function projecting(options: object = {}, inner = sharedStore(createMemoryStore())) {
  const store = transactionalStore(inner);
  const { engine, clock, log } = await testEngine({ store });
  const projection = await engine.project({ name: 'counts', handler: counting, ...options });
  const settle = () => engine.idle();
  const pass = (durationMs: number) => clock.runTo(clock.now() + durationMs, settle);
  return { store, engine, clock, log, projection, pass };
}

export const rowsOf = ({ rows }: TransactionalStore) => Object.fromEntries(rows);
