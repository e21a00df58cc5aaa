import { z } from 'zod';
import type { OrderStore, PurgeResult } from '../store/store.ts';
import { checkArgument } from './contract/arguments.ts';
import { signalSchema } from './contract/context.ts';
import { aborted } from './kernel/failures.ts';
import { type ExpiredOrder, OrderExports } from './order-exports.ts';

/** The options of `purge`. */
export interface PurgeOptions {
  /**
   * Removes orders and their events that were archived at least this many milliseconds ago. Default:
   * removes no orders. At least the option `commandRetentionMs` counts, because an order must outlive
   * the answers that refer to its events.
   */
  readonly archivedRetentionMs?: number | undefined;
  /**
   * Exports an order before it is removed: the order is removed only when this has resolved. When
   * it rejects, the order stays, and the others go on; in the end `purge` rejects with the first of
   * these errors. It rejects early when no order can be exported: after a hundred failures in a row,
   * and some more among the orders that were archived later. After a crash an order may be exported
   * again.
   */
  readonly exportOrder?: ((order: ExpiredOrder) => unknown) | undefined;
  /** Ends the purge between two batches, with `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

const optionsSchema = z
  .strictObject({
    archivedRetentionMs: z.int().min(0).optional(),
    exportOrder: z
      .custom<(order: ExpiredOrder) => unknown>((value) => typeof value === 'function', {
        message: 'must be a function',
      })
      .optional(),
    signal: signalSchema.optional(),
  })
  .prefault({});

/** Rows removed at once: few, so that commands are executed in between. */
const purgeBatchSize = 500;

/** Removes expired answers and orders, batch by batch. Resolves to the numbers of both. */
export async function purge(
  store: OrderStore,
  options: unknown,
  now: number,
  commandRetentionMs: number,
): Promise<PurgeResult> {
  const checked = checkArgument(optionsSchema, options, 'options of purge');
  const { archivedRetentionMs, exportOrder, signal } = checked;
  const archivedBefore =
    archivedRetentionMs === undefined
      ? undefined
      : now - Math.max(archivedRetentionMs, commandRetentionMs);
  const commands = await inBatches(signal, async () => {
    const request = { commandsBefore: now - commandRetentionMs, limit: purgeBatchSize };
    const { commands: removed } = await store.purge(request);
    return { removed, isLast: removed < purgeBatchSize };
  });
  if (archivedBefore === undefined) return { commands, orders: 0 };
  const exports =
    exportOrder && new OrderExports(store, archivedBefore, exportOrder, purgeBatchSize);
  const orders = await inBatches(signal, async () => {
    const request = { archivedBefore, limit: purgeBatchSize };
    if (exports !== undefined) return exportAndPurge(store, request, exports);
    const { orders: removed } = await store.purge(request);
    return { removed, isLast: removed < purgeBatchSize };
  });
  exports?.check();
  return { commands, orders };
}

interface Step {
  readonly removed: number;
  readonly isLast: boolean;
}

async function exportAndPurge(
  store: OrderStore,
  request: { readonly archivedBefore: number; readonly limit: number },
  exports: OrderExports,
): Promise<Step> {
  const { orders, isAll } = await exports.next(request.limit);
  if (orders.length === 0) return { removed: 0, isLast: isAll };
  const { orders: removed } = await store.purge({ ...request, orders });
  // None were removed: another transaction has locked them, and the next purge finds them again.
  return { removed, isLast: isAll || removed === 0 };
}

/** Repeats a step until the last. Resolves to the number of rows that all of them removed. */
async function inBatches(
  signal: AbortSignal | undefined,
  remove: () => Promise<Step>,
): Promise<number> {
  let total = 0;
  for (;;) {
    if (signal?.aborted) throw aborted(signal);
    const { removed, isLast } = await remove();
    total += removed;
    if (isLast) return total;
  }
}
