import { z } from 'zod';
import type { OrderStore, PurgeResult } from '../store/store.ts';
import { checkArgument } from './arguments.ts';
import { aborted } from './commands/failures.ts';
import { signalSchema } from './context.ts';

export interface PurgeOptions {
  /**
   * Removes orders, with their events, that were archived longer ago than this; milliseconds.
   * None when left out. Never less than the option `commandRetentionMs`: an order must outlive
   * the answers that point to its events.
   */
  readonly archivedRetentionMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const optionsSchema = z
  .strictObject({
    archivedRetentionMs: z.int().min(0).optional(),
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
  const { archivedRetentionMs, signal } = checkArgument(optionsSchema, options, 'options of purge');
  const request = {
    commandsBefore: now - commandRetentionMs,
    limit: purgeBatchSize,
    ...(archivedRetentionMs !== undefined && {
      archivedBefore: now - Math.max(archivedRetentionMs, commandRetentionMs),
    }),
  };
  let commands = 0;
  let orders = 0;
  for (;;) {
    if (signal?.aborted) throw aborted(signal);
    const removed = await store.purge(request);
    commands += removed.commands;
    orders += removed.orders;
    if (removed.commands < purgeBatchSize && removed.orders < purgeBatchSize) {
      return { commands, orders };
    }
  }
}
