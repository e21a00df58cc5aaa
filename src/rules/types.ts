import type { OrderStatus } from '../order/lifecycle/status.ts';
import type { Order } from '../order/order.ts';
import type { AnyStatus, Deadline, JsonObject, Timestamp } from '../order/values.ts';

/** An order as the engine holds it between commands. */
export interface OrderState {
  /** The ledgers and documents. */
  readonly order: Order;
  /** The state of each region of the chart. */
  readonly status: OrderStatus;
  /** Sorted by `dueAt`. */
  readonly deadlines: readonly Deadline[];
}

/** A command that passed the schemas: `type` and the fields of that type. */
export interface ParsedCommand {
  readonly type: string;
  /** Absent only in an `order.place` that leaves the id to the engine. */
  readonly orderId?: string;
  readonly [field: string]: unknown;
}

/** Everything that a decision may use besides the order and the command. */
export interface DecisionEnvironment {
  readonly tenantId: string;
  readonly orderId: string;
  readonly now: Timestamp;
  /** A new UUIDv7. */
  newId(): string;
}

/** An event before its commit, which adds its id, its version and its cause. */
export interface DecidedEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: JsonObject;
  /** The status after this event. */
  readonly status: OrderStatus;
  readonly occurredAt: Timestamp;
}

/** Why a request was refused; `code` is for programs, `message` for people. */
export interface Rejection {
  /** For programs; docs/reference/errors.md has a heading for each. */
  readonly code: RejectionCode;
  /** For people: what was wrong, and what to do. */
  readonly message: string;
  /** The guard that said no, for `guardRefused`. */
  readonly guard?: string;
  /** The law that would break, for `lawBroken`, for example `M3`. */
  readonly law?: string;
  /** The numbers the refusal rests on. */
  readonly figures?: Readonly<Record<string, number | string | boolean>>;
}

/** Every rejection has one of these codes; docs/reference/errors.md has a heading for each. */
export const rejectionCodes = [
  'orderNotFound',
  'orderExists',
  'numberTaken',
  'notInThisState',
  'guardRefused',
  'lawBroken',
  'unknownReference',
  'alreadyUsed',
  'currencyMismatch',
  'totalMismatch',
  'nothingToDo',
  'orderTooLarge',
  'refusedByHost',
] as const;

/** Why a command was refused; docs/reference/errors.md has a heading for each. */
export type RejectionCode = (typeof rejectionCodes)[number];

/** The outcome of a command before it is committed. */
export type Decision =
  | {
      readonly status: 'accepted';
      readonly state: OrderState;
      /** Empty when a report contained nothing new, or a timer was only restarted. */
      readonly events: readonly DecidedEvent[];
      /** Whether there is anything to write: events, or deadlines. */
      readonly changed: boolean;
    }
  | { readonly status: 'rejected'; readonly rejection: Rejection };

/** One command as `explain` sees it. */
export interface CommandExplanation {
  /** The command. */
  readonly type: string;
  /** Whether it would be accepted. Without a command: as far as the chart alone can tell. */
  readonly legal: boolean;
  /** Why not, when it is not legal. */
  readonly rejection?: Rejection;
  /** The guards that were asked, and their answers. */
  readonly trail: readonly { readonly guard: string; readonly answer: boolean }[];
}

/**
 * The rules of one engine: chart, recipes, laws and extensions, compiled. Pure and synchronous;
 * everything that differs from call to call is an argument.
 */
export interface OrderRules {
  /** Name and version of the chart, written into every event. */
  readonly chart: string;
  /** Checks a command against the schemas; throws `invalidCommand` with the path and what to do. */
  parse(command: unknown): ParsedCommand;
  /** Whether commands of the type are reports: never refused for what they say. */
  isReport(type: string): boolean;
  /** Asks the chart, decides, applies and checks the laws. Unknown orders have no `state`. */
  decide(
    state: OrderState | undefined,
    command: ParsedCommand,
    environment: DecisionEnvironment,
  ): Decision;
  /** Fires a due deadline. Accepted without change when the order no longer waits for it. */
  fire(state: OrderState, deadline: Deadline, environment: DecisionEnvironment): Decision;
  /** What may happen now: one command in full, or every request by the chart alone. */
  explain(
    state: OrderState,
    environment: DecisionEnvironment,
    command?: ParsedCommand,
  ): readonly CommandExplanation[];
  /** The order after one more recorded event; `undefined` before the first. Needs no chart. */
  replay(
    order: Order | undefined,
    event: {
      readonly type: string;
      readonly tenantId: string;
      readonly orderId: string;
      readonly data: JsonObject;
      readonly occurredAt: Timestamp;
      readonly recordedAt: Timestamp;
    },
  ): Order;
  /** Laws that `state` breaks without a discrepancy that accounts for it. Not empty: a defect. */
  brokenLaws(state: OrderState): readonly { readonly law: string; readonly subject: string }[];
  /** Throws `chartIncompatible` when the chart does not know this status. */
  checkStatus(status: AnyStatus): void;
}
