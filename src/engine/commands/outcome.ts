import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderStatus } from '../../order/lifecycle/status.ts';
import type { JsonObject, JsonValue } from '../../order/values.ts';
import type { Rejection } from '../../rules/types.ts';
import type { CommandRecord } from '../../store/store.ts';
import type { Accepted, ExecuteResult } from '../contract/results.ts';

// The stored form of the answer to a command. A rejection is stored whole, because it is nowhere
// else. Of an acceptance only the versions are stored: its events are in the order's history, and
// are read from there when the command is repeated; storing them twice would double the writes. The
// status is stored only where no event has it.

const storedOutcome = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('accepted'),
    /** The version before the command's first event. */
    from: z.int().min(0),
    /** The version after its last. */
    to: z.int().min(0),
    orderStatus: z.custom<OrderStatus>((value) => typeof value === 'object').optional(),
  }),
  z.object({
    status: z.literal('rejected'),
    orderId: z.string().optional(),
    rejection: z.custom<Rejection>((value) => typeof value === 'object' && value !== null),
  }),
]);

/** The stored form of an outcome. */
export type StoredOutcome = z.infer<typeof storedOutcome>;

/** Returns the stored form of a result. */
export function packOutcome(result: ExecuteResult): JsonObject {
  if (result.status === 'rejected') {
    const { status, orderId, rejection } = result;
    const packed = { status, rejection: rejection as unknown as JsonValue };
    return orderId === undefined ? packed : { ...packed, orderId };
  }
  const { status, version: to, events, orderStatus } = result;
  const packed = { status, from: to - events.length, to };
  // The chart shares equal values, so identity is enough; if it did not, a little more is stored.
  return events.at(-1)?.status === orderStatus ? packed : { ...packed, orderStatus };
}

/** Parses a stored outcome. Throws `storeCorrupt` when that fails. */
export function parseOutcome(record: CommandRecord): StoredOutcome {
  const parsed = storedOutcome.safeParse(record.outcome);
  if (parsed.success) return parsed.data;
  throw new OrderchartError(
    'storeCorrupt',
    `The stored answer to command ${record.scope}/${record.key} on order ${record.orderId} cannot be read.`,
    { details: { orderId: record.orderId }, cause: parsed.error },
  );
}

/**
 * Returns the result of a stored outcome. `events` are those of its versions; they are missing only
 * when the order was purged before the command's record.
 */
export function replayedResult(
  record: CommandRecord,
  outcome: StoredOutcome,
  events: readonly OrderEvent[],
): ExecuteResult {
  if (outcome.status === 'rejected') {
    const { status, orderId, rejection } = outcome;
    const result = { status, rejection, replayed: true } as const;
    return orderId === undefined ? result : { ...result, orderId };
  }
  const result: Accepted = {
    status: 'accepted',
    orderId: record.orderId,
    version: outcome.to,
    events,
    orderStatus: outcome.orderStatus ?? events.at(-1)?.status ?? {},
    replayed: true,
  };
  return result;
}
