import type { AnyStatus, StatusValue } from '../values.ts';
import type { orderMachineConfig } from './machine.ts';

// The types of an order's status, derived from the chart: code that uses a renamed or misspelled
// state does not compile.

type Regions = (typeof orderMachineConfig)['states'];

/** A region of the core's chart. */
export type Region = keyof Regions;

/** A state of one region. */
export type StateOf<Name extends Region> = keyof Regions[Name]['states'] & string;

/**
 * The public status of an order: the state of each region of the chart.
 *
 * @example
 * const { lifecycle, payment } = order.status; // 'confirmed', 'paid'
 */
export type OrderStatus = { readonly [Name in Region]: StateOf<Name> };

/** A state with its region: `lifecycle.confirmed`. */
export type StateName = { [Name in Region]: `${Name}.${StateOf<Name>}` }[Region];

/** The names that select a state: `open`, or `open.called` for a nested one. */
type NameOf<Value> = Value extends string
  ? Value
  : {
      [Name in keyof Value & string]: Name | `${Name}.${NameOf<Value[Name]>}`;
    }[keyof Value & string];

/** Selects orders by the states of some regions. All of them must match. */
export type StatusFilter<Status> = string extends keyof Status
  ? Readonly<Record<string, string>>
  : { readonly [Name in keyof Status]?: NameOf<Status[Name]> | undefined };

/** The states of the regions that an extension adds, in XState's form. */
export type StatusOfRegions<Added> = {
  readonly [Name in keyof Added & string]: ValueOf<Added[Name]>;
};

type ValueOf<Node> = Node extends { readonly type: 'parallel'; readonly states: infer States }
  ? { readonly [Name in keyof States & string]: ValueOf<States[Name]> }
  : Node extends { readonly states: infer States }
    ? { [Name in keyof States & string]: Nested<Name, States[Name]> }[keyof States & string]
    : StatusValue;

type Nested<Name extends string, Node> = Node extends { readonly states: object }
  ? { readonly [Key in Name]: ValueOf<Node> }
  : Name;

/** Regions that orders were stored without before they existed: each starts as in a new order. */
const laterRegions = { amendment: 'none', dispute: 'none' } as const satisfies Partial<OrderStatus>;

/** Completes the status of an order that was stored before some regions existed. */
export function wholeStatus(status: AnyStatus): AnyStatus {
  for (const region in laterRegions) {
    if (!(region in status)) return { ...status, ...laterRegions, ...status };
  }
  return status;
}
