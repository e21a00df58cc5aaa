import { z } from 'zod';
import type { OrderEvent } from '../order/envelope.ts';
import type { OrderKey, OrderStore, PurgeResult } from '../store/store.ts';
import { checkArgument } from './arguments.ts';
import { aborted } from './commands/failures.ts';
import { signalSchema } from './context.ts';

/** An order that is about to be removed, as `exportOrder` gets it. */
export interface ExpiredOrder {
  readonly tenantId: string;
  readonly orderId: string;
  /** All of its events; the order is the fold of them. */
  readonly events: readonly OrderEvent[];
}

export interface PurgeOptions {
  /**
   * Removes orders, with their events, that were archived longer ago than this; milliseconds.
   * None when left out. Never less than the option `commandRetentionMs`: an order must outlive
   * the answers that point to its events.
   */
  readonly archivedRetentionMs?: number | undefined;
  /**
   * Keeps an order elsewhere before it is removed: the order goes only after this has resolved, and
   * a rejection ends the purge. After a crash an order may be given again.
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
  const orders = await inBatches(signal, async () => {
    const request = { archivedBefore, limit: purgeBatchSize };
    if (exportOrder !== undefined) return exportAndPurge(store, request, exportOrder);
    const { orders: removed } = await store.purge(request);
    return { removed, isLast: removed < purgeBatchSize };
  });
  return { commands, orders };
}

interface Step {
  readonly removed: number;
  readonly isLast: boolean;
}

async function exportAndPurge(
  store: OrderStore,
  request: { readonly archivedBefore: number; readonly limit: number },
  exportOrder: (order: ExpiredOrder) => unknown,
): Promise<Step> {
  const orders = await store.archived(request.archivedBefore, request.limit);
  for (const key of orders) await exportOrder({ ...key, events: await historyOf(store, key) });
  const { orders: removed } = await store.purge({ ...request, orders });
  // None: whoever holds them now will let go of them, and the next purge finds them again.
  return { removed, isLast: orders.length < request.limit || removed === 0 };
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

async function historyOf(store: OrderStore, key: OrderKey): Promise<readonly OrderEvent[]> {
  const events: OrderEvent[] = [];
  for (;;) {
    const page = await store.history(key, events.at(-1)?.version ?? 0, purgeBatchSize);
    events.push(...page);
    if (page.length < purgeBatchSize) return events;
  }
}
