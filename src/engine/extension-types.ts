import type { OrderCommand } from '../order/commands/commands.ts';
import type { Extension } from '../order/extension.ts';
import type { OrderEngine } from './api.ts';
import type { CoreEventMap } from './event-types.ts';

// What extensions add to the types of an engine.

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (
  value: infer Whole,
) => void
  ? Whole
  : never;

type AddedCommands<Added> = Added extends Extension<infer Commands, unknown> ? Commands : never;
type AddedEvents<Added> = Added extends Extension<unknown, infer Events> ? Events : never;

/** The engine that these extensions make: its commands and events are the core's and theirs. */
export type ExtendedEngine<Extensions extends readonly Extension[]> = OrderEngine<
  OrderCommand | AddedCommands<Extensions[number]>,
  CoreEventMap & Intersection<AddedEvents<Extensions[number]>>
>;
