import type { OrderEvent } from '../../order/envelope.ts';
import { deepFreeze } from '../../order/freeze.ts';
import type { JsonObject, Timestamp } from '../../order/values.ts';
import type { DecidedEvent, OrderState } from '../../rules/types.ts';
import type { CommandRecord, Commit, OrderRecord } from '../../store/store.ts';
import type { Accepted, ExecuteResult } from '../contract/results.ts';
import { packOutcome } from './outcome.ts';
import type { CommandTask, TaskRequest } from './task.ts';

/** The parts that the recording engine adds to an event, besides the time. */
export interface Stamp {
  readonly chart: string;
  readonly newId: (now: Timestamp) => string;
}

/** The basis of a decision: the state of the order, as commits name it, and the time. */
export interface Basis {
  readonly version: number;
  /** `null` when there is no order yet. */
  readonly revision: string | null;
  readonly now: Timestamp;
}

/** Returns a stored order as the rules see it. */
export function stateOf(record: OrderRecord): OrderState {
  // To the store the order is opaque JSON; it was written by the rules.
  return record as unknown as OrderState;
}

/** Returns the events of a decision in their envelopes, numbered from `version + 1`. */
export function recordedEvents(
  request: TaskRequest,
  version: number,
  events: readonly DecidedEvent[],
  stamp: Stamp,
  now: Timestamp,
): readonly OrderEvent[] {
  const { tenantId, orderId, origin } = request;
  return events.map((event, index) =>
    deepFreeze({
      id: stamp.newId(now),
      type: event.type,
      schemaVersion: event.schemaVersion,
      tenantId,
      orderId,
      version: version + index + 1,
      data: event.data,
      status: event.status,
      chart: stamp.chart,
      occurredAt: event.occurredAt,
      recordedAt: now,
      causationId: origin.causationId,
      correlationId: origin.correlationId,
      actor: origin.actor,
      trace: origin.trace,
    }),
  );
}

/** Returns the new record of the order. */
export function nextRecord(
  { tenantId, orderId }: TaskRequest,
  { version, revision }: Pick<OrderRecord, 'version' | 'revision'>,
  { order, status, deadlines }: OrderState,
  now: Timestamp,
): OrderRecord {
  return {
    tenantId,
    orderId,
    number: order.number,
    customerId: order.customerId,
    version,
    revision,
    status,
    deadlines: deepFreeze(deadlines),
    placedAt: order.placedAt,
    updatedAt: now,
    archivedAt: order.archivedAt,
    order: order as unknown as JsonObject,
  };
}

/** Returns the result of an accepted command. */
export function acceptedResult(
  orderId: string,
  version: number,
  events: readonly OrderEvent[],
  { status: orderStatus }: Pick<OrderState, 'status'>,
): Accepted {
  return { status: 'accepted', orderId, version, events, orderStatus, replayed: false };
}

/** Returns the commit of a task: its changes, if any, and its answer, if the task has an identity. */
export function commitFor(
  task: CommandTask,
  basis: Basis,
  change: Pick<Commit, 'record' | 'events'>,
  result: ExecuteResult,
): Commit {
  const { tenantId, orderId } = task.request;
  const { record, events } = change;
  const { version: expectedVersion, revision: expectedRevision, now } = basis;
  const command = commandRecord(task, result, now);
  return { tenantId, orderId, expectedVersion, expectedRevision, record, events, command };
}

function commandRecord(
  { isIdentified, request }: CommandTask,
  result: ExecuteResult,
  recordedAt: Timestamp,
): CommandRecord | undefined {
  const { identity, orderId, fingerprint } = request;
  if (!isIdentified || identity === undefined) return undefined;
  const { tenantId, scope, key } = identity;
  return { tenantId, scope, key, orderId, fingerprint, outcome: packOutcome(result), recordedAt };
}
