import type { Draft } from 'immer';
import type { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import type { RequestType } from './commands/commands.ts';
import type { OrderEvent } from './envelope.ts';
import type { StateName, StatusOfRegions } from './lifecycle/status.ts';
import type { Order } from './order.ts';
import type { Moment } from './recipes/recipe.ts';
import { Refusal } from './refusal.ts';
import type { JsonObject, Timestamp } from './values.ts';

type Schemas = Readonly<Record<string, z.ZodObject>>;
/** Regions in XState's form. */
type RegionConfigs = Readonly<Record<string, object>>;
type Infer<Schema> = Schema extends z.ZodType ? z.infer<Schema> : never;

/** Fields that every report of a host has, as the core's reports do. */
export interface ReporterFields {
  readonly source: string;
  readonly reportId: string;
  readonly occurredAt?: number | undefined;
}

/** The commands that a host's request and report schemas describe. */
export type HostCommand<Requests extends Schemas, Reports extends Schemas> =
  | {
      [T in keyof Requests & string]: { type: T; orderId: string } & Infer<Requests[T]>;
    }[keyof Requests & string]
  | {
      [T in keyof Reports & string]: { type: T; orderId: string } & ReporterFields &
        Infer<Reports[T]>;
    }[keyof Reports & string];

/** A fact of one of the host's event schemas. */
export type HostFact<Events extends Schemas> = {
  [T in keyof Events & string]: {
    readonly type: T;
    readonly data: Infer<Events[T]>;
    readonly occurredAt?: Timestamp;
  };
}[keyof Events & string];

/** What a host's deciders receive besides the command. */
export interface HostContext<Data> {
  /** The order before the command. */
  readonly order: Order;
  /** The extension's own part of the order. */
  readonly data: Data;
  /** The time of the decision, in milliseconds since the Unix epoch. */
  readonly now: Timestamp;
  /** Returns a new UUIDv7. */
  newId(): string;
  /** Refuses the request, with a reason for people and figures for programs. */
  refuse(message: string, figures?: Readonly<Record<string, number | string | boolean>>): Refusal;
}

type Decide<Schema, Extra, Events extends Schemas, Data> = (
  command: Infer<Schema> & { readonly orderId: string } & Extra,
  context: HostContext<Data>,
) => readonly HostFact<Events>[] | Refusal;

/** See {@link defineExtension}. */
export interface ExtensionDefinition<
  Data extends JsonObject,
  Events extends Schemas,
  Requests extends Schemas,
  Reports extends Schemas,
  Guards extends string,
  Regions extends RegionConfigs,
> {
  /** The key of its data within the order: a lowercase letter, then letters, digits and dashes. */
  readonly name: string;
  /** The extension's data in a newly placed order. Plain JSON. */
  readonly data: Data;
  /** Schemas of the data of the events it adds. Types are `<family>.<past tense>`. */
  readonly events: Events;
  /** Apply each event to the extension's data. A recipe cannot change anything else. */
  readonly recipes: {
    readonly [T in keyof Events]: (
      data: Draft<Data>,
      event: Infer<Events[T]>,
      moment: Moment,
    ) => void;
  };
  /** Schemas of the requests it adds, without `type` and `orderId`. Its regions permit them. */
  readonly requests?: Requests;
  /** Schemas of the reports it adds, without `type`, `orderId` and the reporter's fields. */
  readonly reports?: Reports;
  /** Turns each command into facts, or (requests only) refuses it. Pure. */
  readonly decide: {
    readonly [T in keyof Requests]: Decide<Requests[T], unknown, Events, Data>;
  } & { readonly [T in keyof Reports]: Decide<Reports[T], ReporterFields, Events, Data> };
  /** Guards for its regions and requirements, by name. Pure and synchronous. */
  readonly guards?: Readonly<Record<Guards, (order: Order, data: Data, at: Timestamp) => boolean>>;
  /** Delays for `after` in its regions, by name; milliseconds. */
  readonly delays?: Readonly<Record<string, (order: Order, data: Data) => number>>;
  /** New regions of the chart, in XState's form: guards and delays by name, no actions but emit. */
  readonly regions?: Regions;
  /** Additional guards that must hold before a core request is legal. */
  readonly requires?: {
    readonly [T in Exclude<RequestType, 'order.place'>]?: readonly NoInfer<Guards>[];
  };
  /** Additional guards on entering a core state: `{ 'lifecycle.confirmed': [...] }`. */
  readonly requiresInto?: { readonly [State in StateName]?: readonly NoInfer<Guards>[] };
}

/**
 * An extension as the engine uses it. `Commands`, `Events` and `Status` exist only for the
 * compiler: they tell `execute`, `on` and `get` what the extension adds.
 */
export interface Extension<Commands = unknown, Events = unknown, Status = unknown> {
  /** What the engine compiles into its rules; made by `defineExtension`. */
  readonly definition: ErasedDefinition;
  /** Always absent at run time. */
  readonly types?: {
    readonly commands: Commands;
    readonly events: Events;
    readonly status: Status;
  };
}

/** A definition without its type parameters. The engine checks values by the schemas instead. */
export type ErasedDefinition = {
  readonly name: string;
  readonly data: JsonObject;
  readonly events: Schemas;
  readonly recipes: Readonly<
    Record<string, (data: Draft<JsonObject>, event: JsonObject, moment: Moment) => void>
  >;
  readonly requests: Schemas;
  readonly reports: Schemas;
  readonly decide: Readonly<
    Record<
      string,
      (
        command: JsonObject,
        context: HostContext<JsonObject>,
      ) => readonly HostFact<Schemas>[] | Refusal
    >
  >;
  readonly guards: Readonly<
    Record<string, (order: Order, data: JsonObject, at: Timestamp) => boolean>
  >;
  readonly delays: Readonly<Record<string, (order: Order, data: JsonObject) => number>>;
  readonly regions: Readonly<Record<string, object>>;
  readonly requires: Readonly<Record<string, readonly string[]>>;
  readonly requiresInto: Readonly<Record<string, readonly string[]>>;
};

type EventMap<Events extends Schemas> = {
  [T in keyof Events & string]: OrderEvent<T, Infer<Events[T]>>;
};

/**
 * Defines an extension of the order lifecycle: the host's own regions, commands, events and data,
 * and additional requirements on core requests. An extension can only narrow what the core allows;
 * it cannot remove a guard, add a core transition or change a ledger.
 *
 * @example
 * const fraud = defineExtension({
 *   name: 'fraud',
 *   data: { verdict: 'open' },
 *   events: { 'fraud.cleared': z.strictObject({ by: z.string() }) },
 *   recipes: { 'fraud.cleared': (data) => { data.verdict = 'cleared'; } },
 *   requests: { 'fraud.clear': z.strictObject({ by: z.string() }) },
 *   decide: { 'fraud.clear': ({ by }) => [{ type: 'fraud.cleared', data: { by } }] },
 *   guards: { fraudCleared: (order, data) => data.verdict === 'cleared' },
 *   regions: {
 *     fraud: {
 *       initial: 'open',
 *       states: {
 *         open: { on: { 'fraud.clear': {}, 'fact.fraud.cleared': 'cleared' } },
 *         cleared: {},
 *       },
 *     },
 *   },
 *   requires: { 'payment.capture': ['fraudCleared'], 'shipment.dispatch': ['fraudCleared'] },
 * });
 */
export function defineExtension<
  Data extends JsonObject,
  Events extends Schemas,
  Guards extends string = never,
  // biome-ignore lint/complexity/noBannedTypes: an empty map is what "adds none" means here
  Requests extends Schemas = {},
  // biome-ignore lint/complexity/noBannedTypes: an empty map is what "adds none" means here
  Reports extends Schemas = {},
  // biome-ignore lint/complexity/noBannedTypes: an empty map is what "adds none" means here
  const Regions extends RegionConfigs = {},
>(
  definition: ExtensionDefinition<Data, Events, Requests, Reports, Guards, Regions>,
): Extension<HostCommand<Requests, Reports>, EventMap<Events>, StatusOfRegions<Regions>> {
  checkShape(definition);
  const erased = {
    requests: {},
    reports: {},
    guards: {},
    delays: {},
    regions: {},
    requires: {},
    requiresInto: {},
    ...definition,
  };
  return { definition: erased as unknown as ErasedDefinition };
}

const parts = [
  ...['data', 'events', 'recipes', 'requests', 'reports', 'decide', 'guards', 'delays', 'regions'],
  ...['requires', 'requiresInto'],
];

/** Names what a host without types got wrong, which would otherwise fail somewhere deep inside. */
function checkShape(definition: unknown): void {
  if (!isRecord(definition)) refuseShape('the definition', 'an object');
  if (typeof definition['name'] !== 'string') refuseShape('name', 'a string');
  for (const part of parts) {
    const value = definition[part];
    if (value !== undefined && !isRecord(value)) refuseShape(part, 'an object');
  }
  for (const part of ['data', 'events', 'recipes', 'decide']) {
    if (definition[part] === undefined) refuseShape(part, 'present: pass {} if it is empty');
  }
  for (const part of ['requires', 'requiresInto']) {
    const lists = Object.values((definition[part] ?? {}) as object);
    if (!lists.every((list) => Array.isArray(list))) refuseShape(part, 'lists of guard names');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuseShape(part: string, expected: string): never {
  throw new OrderchartError('invalidExtension', `defineExtension: ${part} must be ${expected}.`, {
    details: { part },
  });
}

/** Makes the `refuse` of a {@link HostContext}. */
export function refuseForHost(
  message: string,
  figures: Readonly<Record<string, number | string | boolean>> = {},
): Refusal {
  return new Refusal('refusedByHost', message, { figures });
}
