import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { timestampSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Checkpoint, OrderStore } from '../../store/store.ts';
import { checkArgument } from '../contract/arguments.ts';

/**
 * Where a subscription goes on: with the first event of the feed, with what comes from now on,
 * with the first event recorded at a time, or after a position in each of the named partitions.
 */
export type RewindTo =
  | 'beginning'
  | 'now'
  | { readonly time: Timestamp }
  | { readonly positions: Readonly<Record<number, number>> };

const rewindSchema = z.union([
  z.enum(['beginning', 'now']),
  z.strictObject({ time: timestampSchema }),
  z.strictObject({ positions: z.record(z.string().regex(/^\d{1,9}$/), z.int().min(0)) }),
]);

/** The new checkpoints that `from` means, checked against the feed as it is. */
export async function rewindTargets(
  store: OrderStore,
  from: unknown,
): Promise<readonly Checkpoint[]> {
  const target = checkArgument(rewindSchema, from, 'place to rewind to');
  if (typeof target === 'object' && 'positions' in target) {
    const positions = Object.entries(target.positions);
    return Promise.all(
      positions.map(([partition, position]) => checked(store, Number(partition), position)),
    );
  }
  const partitions = Array.from({ length: store.features.partitions }, (_, index) => index);
  return Promise.all(
    partitions.map(async (partition) => ({
      partition,
      position: await positionOf(store, partition, target),
    })),
  );
}

async function positionOf(
  store: OrderStore,
  partition: number,
  target: 'beginning' | 'now' | { readonly time: Timestamp },
): Promise<number> {
  if (target === 'beginning') return 0;
  return target === 'now' ? store.feedEnd(partition) : store.feedPositionAt(partition, target.time);
}

/** A place beyond the end would silently swallow what comes next. */
async function checked(
  store: OrderStore,
  partition: number,
  position: number,
): Promise<Checkpoint> {
  const { partitions } = store.features;
  const end = partition < partitions ? await store.feedEnd(partition) : undefined;
  if (end !== undefined && position <= end) return { partition, position };
  throw new OrderchartError(
    'invalidArgument',
    end === undefined
      ? `There is no partition ${partition}; this store has ${partitions}, counted from 0.`
      : `Partition ${partition} ends at position ${end}, before ${position}.`,
    { details: { partition, position, partitions, end } },
  );
}
