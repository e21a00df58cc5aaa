import type { OrderchartError } from '../../errors.ts';
import { canonicalJson } from '../../json/canonical.ts';
import type { Actor, OrderEvent, TraceContext } from '../../order/envelope.ts';
import type { AnyStatus, JsonObject, JsonValue, Timestamp } from '../../order/values.ts';
import { traceOf } from '../../trace-context.ts';
import {
  type CloudEvent,
  type CloudEventMode,
  cloudEventMessage,
  parseCloudEvent,
} from '../cloud-event.ts';
import { historyHeaders } from '../message-history.ts';
import type { TransportMessage } from '../transport.ts';
import type { MessageLimits } from './bounded-json.ts';
import { messageInvalid } from './failure.ts';

/** Options of {@link orderEventMessage}. */
export interface OrderEventMessageOptions {
  /** The mode. Default `binary`: attributes in headers, data as the body. */
  readonly mode?: CloudEventMode | undefined;
  /** The attribute `source`, a URI reference such as `/orders`. Default `orderchart`. */
  readonly source?: string | undefined;
  /** The history in which the event was read (`context.history` of a handler). Default 0. */
  readonly history?: number | undefined;
}

/**
 * Returns the key of an order's messages, by which brokers partition: `<tenant>/<order>`, with `%`
 * and `/` percent-encoded in the tenant, so that the key is unique.
 */
export function orderMessageKey(tenantId: string, orderId: string): string {
  return `${tenantId.replace(/[%/]/g, encodeURIComponent)}/${orderId}`;
}

/**
 * Encodes an event of an order as a message: a CloudEvent 1.0 with the event's `id`, `type` and
 * `data`, the order as `subject`, and the time of the event as `time`. The rest of the envelope is
 * in extensions, from which {@link parseOrderEvent} restores the whole event.
 *
 * | Extension | Content |
 * | --- | --- |
 * | `tenantid` | the tenant of the order |
 * | `sequence` | the order's version, ten digits or more, so that it sorts as text |
 * | `history` | the number of the store's history, if it has one; `sequence` orders within it |
 * | `partitionkey` | the message's key, {@link orderMessageKey} |
 * | `recordedtime` | when the engine recorded it, RFC 3339 |
 * | `schemaversion` | the version of the schema of `data` |
 * | `orderstatus` | the order's status after it, JSON |
 * | `chart` | the chart that decided the status |
 * | `causationid`, `correlationid` | if there are any |
 * | `actorkind`, `actorid` | who caused it, if known |
 * | `traceparent`, `tracestate` | the trace it belongs to, if there is one |
 *
 * The trace is also in the headers `traceparent` and `tracestate`, where tracing tools expect it.
 * The history is in `ce-history` in structured mode too, where an inbox expects it.
 */
export function orderEventMessage(
  event: OrderEvent,
  { mode, source = 'orderchart', history = 0 }: OrderEventMessageOptions = {},
): TransportMessage {
  const { id, type, orderId, tenantId, version: sequence, data } = event;
  const key = orderMessageKey(tenantId, orderId);
  const cloudEvent: CloudEvent = {
    id,
    source,
    type,
    subject: orderId,
    time: timeText(event.occurredAt),
    extensions: extensionsOf(event, key, history),
    data,
  };
  const message = cloudEventMessage(cloudEvent, { mode, key, sequence });
  const added = { ...historyHeaders(history), ...traceHeaders(event.trace) };
  return { ...message, headers: { ...message.headers, ...added } };
}

function traceHeaders(trace: TraceContext | null): Record<string, string> {
  if (trace === null) return {};
  const { traceparent, tracestate } = trace;
  return tracestate === null ? { traceparent } : { traceparent, tracestate };
}

function extensionsOf(event: OrderEvent, key: string, history: number): Record<string, string> {
  const { causationId, correlationId, actor, trace } = event;
  return {
    tenantid: event.tenantId,
    sequence: `${event.version}`.padStart(10, '0'),
    ...(history === 0 ? {} : { history: `${history}` }),
    partitionkey: key,
    recordedtime: timeText(event.recordedAt),
    schemaversion: `${event.schemaVersion}`,
    orderstatus: statusText(event.status),
    chart: event.chart,
    ...(causationId === null ? {} : { causationid: causationId }),
    ...(correlationId === null ? {} : { correlationid: correlationId }),
    ...(actor === null ? {} : { actorkind: actor.kind, actorid: actor.id }),
    ...traceHeaders(trace),
  };
}

const statusTexts = new WeakMap<AnyStatus, string>();

/** Cached, because there are only hundreds of statuses, frozen and shared by all events. */
function statusText(status: AnyStatus): string {
  const known = statusTexts.get(status);
  if (known !== undefined) return known;
  const text = canonicalJson(status);
  if (Object.isFrozen(status)) statusTexts.set(status, text);
  return text;
}

function timeText(time: Timestamp): string {
  return new Date(time).toISOString();
}

/**
 * Decodes a message of {@link orderEventMessage}, in either mode.
 *
 * @throws OrderchartError `messageTooLarge`; `messageInvalid` if it is not a CloudEvent 1.0, or not the
 * event of an order.
 *
 * @example
 * const event = parseOrderEvent(delivery.message);
 * if (event.type === 'payment.captured') await book(event.orderId, event.data);
 */
export function parseOrderEvent(
  message: Pick<TransportMessage, 'headers' | 'body'>,
  limits?: MessageLimits,
): OrderEvent {
  const event = parseCloudEvent(message, limits);
  const { id, type, subject, time, extensions } = event;
  return {
    id,
    type,
    schemaVersion: integerOf('schemaversion', extensions['schemaversion']),
    tenantId: textOf('tenantid', extensions['tenantid']),
    orderId: textOf('subject', subject),
    version: integerOf('sequence', extensions['sequence']),
    data: objectOf('data', event.data),
    status: statusOf(textOf('orderstatus', extensions['orderstatus'])),
    chart: textOf('chart', extensions['chart']),
    occurredAt: timeOf('time', time),
    recordedAt: timeOf('recordedtime', extensions['recordedtime']),
    causationId: extensions['causationid'] ?? null,
    correlationId: extensions['correlationid'] ?? null,
    actor: actorOf(extensions),
    trace: traceOf(extensions['traceparent'], extensions['tracestate']),
  };
}

function textOf(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw notOfAnOrder(name);
  return value;
}

function integerOf(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d{1,16}$/.test(value)) throw notOfAnOrder(name);
  const integer = Number(value);
  if (integer < 1 || !Number.isSafeInteger(integer)) throw notOfAnOrder(name);
  return integer;
}

function timeOf(name: string, value: string | undefined): Timestamp {
  const time = Date.parse(textOf(name, value));
  if (Number.isNaN(time)) throw notOfAnOrder(name);
  return time;
}

function objectOf(name: string, value: JsonValue | Uint8Array | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || Array.isArray(value) || value instanceof Uint8Array) throw notOfAnOrder(name);
  return value as JsonObject;
}

function statusOf(text: string): AnyStatus {
  let status: JsonValue;
  try {
    status = JSON.parse(text) as JsonValue;
  } catch {
    throw notOfAnOrder('orderstatus');
  }
  const regions = Object.values(objectOf('orderstatus', status));
  if (!regions.every((region) => isStatusValue(region, maximumNesting)))
    throw notOfAnOrder('orderstatus');
  return status as AnyStatus;
}

/**
 * The states of a chart are nested a few levels deep. Deeper values are rejected to avoid a stack
 * overflow.
 */
const maximumNesting = 16;

function isStatusValue(value: JsonValue, depth: number): boolean {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth === 0)
    return false;
  return Object.values(value).every((inner) => isStatusValue(inner, depth - 1));
}

function actorOf({ actorkind, actorid }: CloudEvent['extensions']): Actor | null {
  if (actorkind === undefined || actorid === undefined) return null;
  return { kind: actorkind, id: actorid };
}

function notOfAnOrder(name: string): OrderchartError {
  return messageInvalid(`The event is not of an order: '${name}' is missing or invalid.`);
}
