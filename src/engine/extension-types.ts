import type { OrderCommand } from '../order/commands/commands.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Extension } from '../order/extension.ts';
import type { OrderStatus } from '../order/lifecycle/status.ts';
import type { OrderEngine } from './api.ts';
import type { CoreEventMap } from './contract/event-types.ts';

// The types of an engine with extensions.

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (
  value: infer Whole,
) => void
  ? Whole
  : never;

type AddedCommands<Added> = Added extends Extension<infer Commands, unknown> ? Commands : never;
type AddedEvents<Added> = Added extends Extension<unknown, infer Events> ? Events : never;
type AddedStatus<Added> = Added extends Extension<unknown, unknown, infer Status> ? Status : never;

/** The status of an order with the regions of these extensions. */
type ExtendedStatus<Extensions extends readonly Extension[]> = Extensions extends readonly []
  ? OrderStatus
  : Flat<OrderStatus & Intersection<AddedStatus<Extensions[number]>>>;

/** An intersection as one object type, which editors show in full. */
type Flat<Whole> = { readonly [Key in keyof Whole]: Whole[Key] };

/** The events with the status of an engine with extensions. */
type EventsWith<Status, Events> = {
  [Type in keyof Events]: Events[Type] extends OrderEvent<infer Name, infer Data>
    ? OrderEvent<Name, Data, Status>
    : never;
};

/**
 * The engine with these extensions: its commands, events and regions are those of the core and of
 * the extensions.
 */
export type ExtendedEngine<Extensions extends readonly Extension[]> = OrderEngine<
  OrderCommand | AddedCommands<Extensions[number]>,
  EventsWith<
    ExtendedStatus<Extensions>,
    CoreEventMap & Intersection<AddedEvents<Extensions[number]>>
  >,
  ExtendedStatus<Extensions>
>;
