import type { AnyStatus, JsonObject, Timestamp } from './values.ts';

/** Who caused an event: a kind (`customer`, `staff`, `system`, `provider`...) and an opaque id. */
export interface Actor {
  /** What kind of actor: `customer`, `staff`, `system`, `provider`... */
  readonly kind: string;
  /** Who, within the kind; opaque to the engine. */
  readonly id: string;
}

/** The place of an event in a trace (W3C Trace Context), for tracing tools. */
export interface TraceContext {
  /** Version, trace id, parent id and flags: `00-<32 hex>-<16 hex>-<2 hex>`. */
  readonly traceparent: string;
  /** Data of tracing systems, unchanged; at most 512 characters. */
  readonly tracestate: string | null;
}

/**
 * One recorded fact about one order. The form is fixed for every type; `data` differs by type
 * (see `eventSchemas`). Events are immutable, and an order is the fold of its events.
 */
export interface OrderEvent<Type extends string = string, Data = JsonObject, Status = AnyStatus> {
  /** UUIDv7: ordered by the time of recording. */
  readonly id: string;
  /** Past tense and dot-cased, for example `payment.captured`. */
  readonly type: Type;
  /** Version of the schema of `data`, from 1. */
  readonly schemaVersion: number;
  /** The tenant that owns the order. */
  readonly tenantId: string;
  /** The order that the event is about. */
  readonly orderId: string;
  /** Position in the order's history, from 1, without gaps (law L1). */
  readonly version: number;
  /** What happened; `eventSchemas` has the schema for each type. */
  readonly data: Data;
  /** The order's status after this event, so that replay needs no chart. */
  readonly status: Status;
  /** The chart, by name and version, that decided `status`. */
  readonly chart: string;
  /** When it happened in the world, as far as the reporter knows. */
  readonly occurredAt: Timestamp;
  /** When the engine recorded it. */
  readonly recordedAt: Timestamp;
  /**
   * What caused it: the id that the caller passed, or the id of the event that a handler reacted
   * to, or of a received message. `null` if the caller passed none, and for deadlines.
   */
  readonly causationId: string | null;
  /** The conversation it belongs to: the same for all of its events. */
  readonly correlationId: string | null;
  /** Who caused it; `null` if the caller did not say, and for deadlines. */
  readonly actor: Actor | null;
  /** The trace it belongs to, if the caller passed one. */
  readonly trace: TraceContext | null;
}
