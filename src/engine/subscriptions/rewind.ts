import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { timestampSchema } from '../../order/schemas.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Checkpoint, OrderStore } from '../../store/store.ts';
import { checkArgument } from '../contract/arguments.ts';

/**
 * Where a subscription continues:
 *
 * - `beginning`: with the first event of the feed;
 * - `now`: with the next event that is recorded;
 * - `time`: with the first event recorded at or after a time, in milliseconds since 1970;
 * - `positions`: after these positions, by the number of the partition. Other partitions stay.
 *   `status()` of a subscription shows them.
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

/** Returns the new checkpoints, checked against the feed. */
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

/** Refuses a position beyond the end, which would skip the next events without notice. */
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
      ? `There is no partition ${partition}; this store has ${partitions}, numbered from 0.`
      : `Partition ${partition} ends at position ${end}, before ${position}; use 'now' for the end.`,
    { details: { partition, position, partitions, end } },
  );
}
