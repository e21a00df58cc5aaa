import { z } from 'zod';
import type { OrderStore, PurgeResult } from '../store/store.ts';
import { checkArgument } from './contract/arguments.ts';
import { signalSchema } from './contract/context.ts';
import { aborted } from './kernel/failures.ts';
import { type ExpiredOrder, OrderExports } from './order-exports.ts';

export interface PurgeOptions {
  /**
   * Removes orders, with their events, that were archived longer ago than this; milliseconds.
   * None when left out. Never less than the option `commandRetentionMs`: an order must outlive
   * the answers that point to its events.
   */
  readonly archivedRetentionMs?: number | undefined;
  /**
   * Keeps an order elsewhere before it is removed: the order goes only after this has resolved.
   * Where it rejects, the order stays and the others go on; `purge` rejects with the first of these
   * errors in the end, or as soon as nothing at all can be exported: after a hundred in a row, and
   * some more of those that were archived later. After a crash an order may be given again.
   */
  readonly exportOrder?: ((order: ExpiredOrder) => unknown) | undefined;
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

/** Rows removed at once: small, so that commands go on in between. */
const purgeBatchSize = 500;

/** Removes what is past its time, batch by batch. Gives how much that was. */
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
  // None: whoever holds them now will let go of them, and the next purge finds them again.
  return { removed, isLast: isAll || removed === 0 };
}

/** Repeats a step until it is the last; gives how much all of them removed. */
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
