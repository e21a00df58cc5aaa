/** Milliseconds since the Unix epoch, UTC. */
export type Timestamp = number;

/** An ISO 4217 alphabetic code, for example `EUR`. */
export type CurrencyCode = string;

/** An amount in minor units of its currency (ISO 4217 exponent), a safe integer: 1050 is 10.50 EUR. */
export type MinorUnits = number;

/** Whole units of a line. */
export type Units = number;

/** Units of one line. */
export interface LineUnits {
  /** The line. */
  readonly lineId: string;
  /** How many of its units. */
  readonly units: Units;
}

/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The same type, read-only at every depth. */
export type Immutable<Value> = Value extends readonly (infer Entry)[]
  ? readonly Immutable<Entry>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Immutable<Value[Key]> }
    : Value;

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** The state of one region: a name, or nested names if a host nests states. */
export type StatusValue = string | { readonly [state: string]: StatusValue };

/** The status of any order, including one with unknown extensions: one entry per region. */
export type AnyStatus = { readonly [region: string]: StatusValue };

/** A durable timer of one order. */
export interface Deadline {
  /**
   * `<region>.<state>.<delay>` for a timer of the chart; `refund.due`, `refund.owed` or
   * `return:<returnId>` for one derived from the order.
   */
  readonly name: string;
  /** When it fires, in milliseconds since the Unix epoch; never earlier. */
  readonly dueAt: Timestamp;
}
