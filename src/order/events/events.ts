import type { z } from 'zod';
import type { OrderEvent } from '../envelope.ts';
import type { OrderStatus } from '../lifecycle/status.ts';
import type { Immutable, JsonObject, Timestamp } from '../values.ts';
import { amendmentEventSchemas } from './amendment.ts';
import { discrepancyEventSchemas } from './discrepancy.ts';
import { disputeEventSchemas } from './dispute.ts';
import { exchangeEventSchemas } from './exchange.ts';
import { fulfillmentEventSchemas } from './fulfillment.ts';
import { orderEventSchemas } from './order.ts';
import { paymentEventSchemas } from './payment.ts';
import { returnEventSchemas } from './return.ts';
import { shipmentEventSchemas } from './shipment.ts';

/** The schema of the data of every core event, by its type. All have schema version 1. */
export const eventSchemas = {
  ...orderEventSchemas,
  ...amendmentEventSchemas,
  ...paymentEventSchemas,
  ...disputeEventSchemas,
  ...fulfillmentEventSchemas,
  ...shipmentEventSchemas,
  ...returnEventSchemas,
  ...exchangeEventSchemas,
  ...discrepancyEventSchemas,
} as const;

/** The type of any core event. */
export type EventType = keyof typeof eventSchemas;
/** The data of one core event type. */
export type EventData<Type extends EventType> = Immutable<z.infer<(typeof eventSchemas)[Type]>>;

/** The recorded event of one core type. */
export type EventOf<Type extends EventType> = OrderEvent<Type, EventData<Type>, OrderStatus>;

/** Any recorded event of the core; `type` tells which. */
export type CoreEvent = { [Type in EventType]: EventOf<Type> }[EventType];

/** The types of all core events. */
export const eventTypes = Object.keys(eventSchemas) as readonly EventType[];

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventSchemas, type);
}

/** Something that happened and is about to be recorded. */
export interface Fact<Type extends string = string, Data = JsonObject> {
  readonly type: Type;
  readonly data: Data;
  /** When it happened in the world; the time of recording if absent. */
  readonly occurredAt?: Timestamp;
}

/** The fact of one core type. */
export type FactOf<Type extends EventType> = Fact<Type, EventData<Type>>;
/** Any fact of the core. */
export type CoreFact = { [Type in EventType]: FactOf<Type> }[EventType];

/** Makes a core fact. The compiler checks its data against its type. */
export function fact<Type extends EventType>(
  type: Type,
  data: EventData<Type>,
  occurredAt?: Timestamp,
): CoreFact {
  return (occurredAt === undefined ? { type, data } : { type, data, occurredAt }) as CoreFact;
}
