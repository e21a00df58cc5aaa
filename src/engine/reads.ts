import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import { deepFreeze } from '../order/freeze.ts';
import { type OrderStatus, type StatusFilter, wholeStatus } from '../order/lifecycle/status.ts';
import type { Order } from '../order/order.ts';
import { type OrderFigures, orderFigures } from '../order/order-figures.ts';
import { idSchema } from '../order/schemas.ts';
import type { AnyStatus, Deadline, Timestamp } from '../order/values.ts';
import type { CommandExplanation } from '../rules/types.ts';
import type { ListQuery, OrderRecord, OrderStore } from '../store/store.ts';
import type { DecisionMaker } from './commands/decision.ts';
import type { Intake } from './commands/intake.ts';
import type { OrderLoader } from './commands/loader.ts';
import { stateOf } from './commands/recording.ts';
import { checkArgument } from './contract/arguments.ts';
import type { AsWritten } from './contract/as-written.ts';
import { signalSchema, versionSchema } from './contract/context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { mayHaveMore, pageBytes } from './kernel/event-pages.ts';
import { aborted } from './kernel/failures.ts';
import type { Tenants } from './tenants.ts';

/**
 * An order as `list` returns it, in its latest durable state: the {@link Order}, with its lines,
 * payments and shipments, and its version, status and deadlines. It is frozen.
 */
export interface ListedOrder<Status = OrderStatus> extends Order {
  /** The version of its last event; the first event has version 1. */
  readonly version: number;
  /** The state of each region of the chart: `{ lifecycle: 'confirmed', payment: 'paid', ... }`. */
  readonly status: Status;
  /** Its deadlines, earliest first. */
  readonly deadlines: readonly Deadline[];
  /** When its last event was recorded, in milliseconds since the Unix epoch. */
  readonly updatedAt: Timestamp;
  /** Computed from its ledgers; a listed order has them only if requested. */
  readonly figures?: OrderFigures;
}

/**
 * An order as `get` returns it, with its figures.
 *
 * @example
 * const view = await engine.get(orderId);
 * if (view?.status.payment === 'paid') print(view.lines.map(({ sku, shipped }) => [sku, shipped]));
 * if (view !== undefined) print(view.figures.due, view.figures.owed);
 */
export interface OrderView<Status = OrderStatus> extends ListedOrder<Status> {
  readonly figures: OrderFigures;
}

/** The options of `get` and `getByNumber`. */
export interface ReadOptions {
  /** The tenant of the order. Default: the option `defaultTenantId`. */
  readonly tenantId?: string | undefined;
}

/** The options of `history`. */
export interface HistoryOptions extends ReadOptions {
  /** Starts after this version. Default: 0, the whole history. */
  readonly after?: number | undefined;
  /** Ends the iteration before the next page, with `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** The options of `list`. */
export interface ListOptions<Status = OrderStatus> extends ReadOptions {
  /** Region to state: `{ lifecycle: 'confirmed', payment: 'paid' }`. All must match. Default: any. */
  readonly status?: StatusFilter<Status> | undefined;
  /** Only the orders of this customer. Default: of all. */
  readonly customerId?: string | undefined;
  /** The `cursor` of the previous page, requested with the same filters. Default: the first page. */
  readonly cursor?: string | undefined;
  /**
   * Orders on the page at most, from 1 to 1,000; a page of large orders ends earlier, at 8 MB.
   * Default: 100.
   */
  readonly limit?: number | undefined;
  /** Adds its figures to each order, as `get` does. Default: false. */
  readonly figures?: boolean | undefined;
}

/** The options of `explain`. */
export interface ExplainOptions<Command> extends ReadOptions {
  /**
   * The command to decide in full, without executing it; its `orderId` may be left out. Default:
   * every command, by the guards of the chart only.
   */
  readonly command?: OfOneOrder<AsWritten<Command>> | undefined;
}

/** A command whose order is known: its id may be left out. */
type OfOneOrder<Command> = Command extends unknown
  ? Omit<Command, 'orderId'> & { readonly orderId?: string | undefined }
  : never;

/** The commands that an order would accept, and why it would refuse others: see `explain`. */
export interface Explanation<Status = OrderStatus> {
  /** The id of the order. */
  readonly orderId: string;
  /** The version of its last event. */
  readonly version: number;
  /** The state of each region of the chart. */
  readonly status: Status;
  /** Its deadlines, earliest first. */
  readonly deadlines: readonly Deadline[];
  /** The explanation of the given command, or of every command. */
  readonly commands: readonly CommandExplanation[];
}

/** A page of orders: the result of `list`. */
export interface OrderPage<Status = OrderStatus> {
  /** The orders, newest first; may be fewer than `limit` although more follow. */
  readonly orders: readonly ListedOrder<Status>[];
  /** The `cursor` of the next page; absent on the last page. */
  readonly cursor?: string;
}

const readSchema = z.strictObject({ tenantId: idSchema.optional() }).default({});
const explainSchema = z
  .strictObject({ tenantId: idSchema.optional(), command: z.unknown().optional() })
  .default({});
const historySchema = z
  .strictObject({
    tenantId: idSchema.optional(),
    after: versionSchema.optional(),
    signal: signalSchema.optional(),
  })
  .default({});
const stateName = z
  .string()
  .regex(/^[A-Za-z][\w-]*(\.[A-Za-z][\w-]*)*$/, 'must be a name')
  .max(128);
const listSchema = z
  .strictObject({
    tenantId: idSchema.optional(),
    status: z.record(stateName, stateName).optional(),
    customerId: idSchema.optional(),
    cursor: z.string().max(1024).optional(),
    limit: z.int().min(1).max(1000).default(100),
    figures: z.boolean().default(false),
  })
  .prefault({});

/**
 * The orders of a page at most, in bytes: a thousand ordinary ones have about two megabytes, but a
 * thousand of the largest would have gigabytes.
 */
const listBytes = 8_000_000;

/** How many events `history` reads at once. */
const historyPageSize = 256;

/** The reading half of the engine. */
export class Reads {
  readonly #store: OrderStore;
  readonly #loader: OrderLoader;
  readonly #intake: Intake;
  readonly #decisions: DecisionMaker;
  readonly #tenants: Tenants;

  constructor(
    store: OrderStore,
    loader: OrderLoader,
    intake: Intake,
    decisions: DecisionMaker,
    tenants: Tenants,
  ) {
    this.#store = store;
    this.#loader = loader;
    this.#intake = intake;
    this.#decisions = decisions;
    this.#tenants = tenants;
  }

  async get(orderId: unknown, options: unknown): Promise<OrderView<AnyStatus> | undefined> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const tenantId = this.#tenants.of(checkArgument(readSchema, options, 'options').tenantId);
    const record = await this.#loader.load(tenantId, id);
    return record && viewWithFigures(record);
  }

  async getByNumber(number: unknown, options: unknown): Promise<OrderView<AnyStatus> | undefined> {
    const text = checkArgument(idSchema, number, 'order number');
    const tenantId = this.#tenants.of(checkArgument(readSchema, options, 'options').tenantId);
    const orderId = await this.#store.findByNumber(tenantId, text);
    const record = orderId === undefined ? undefined : await this.#loader.load(tenantId, orderId);
    return record && viewWithFigures(record);
  }

  async *history(orderId: unknown, options: unknown): AsyncGenerator<OrderEvent, void> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const checked = checkArgument(historySchema, options, 'options');
    const { after = 0, signal } = checked;
    const tenantId = this.#tenants.of(checked.tenantId);
    const key = { tenantId, orderId: id };
    if ((await this.#loader.load(tenantId, id)) === undefined) throw orderNotFound(id);
    let version = after;
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      const page = await this.#store.history(key, version, historyPageSize, pageBytes);
      yield* page;
      version = page.at(-1)?.version ?? version;
      if (!mayHaveMore(page, historyPageSize)) return;
    }
  }

  async list(options: unknown): Promise<OrderPage<AnyStatus>> {
    const checked = checkArgument(listSchema, options, 'options of list');
    const { status, customerId, cursor, limit, figures } = checked;
    const query: ListQuery = {
      tenantId: this.#tenants.of(checked.tenantId),
      limit,
      maximumBytes: listBytes,
      ...(status !== undefined && { status }),
      ...(customerId !== undefined && { customerId }),
      ...(cursor !== undefined && { after: decodeCursor(cursor) }),
    };
    const { records, next } = await this.#store.list(query);
    const orders = records.map(figures ? viewWithFigures : viewOf);
    return next === undefined ? { orders } : { orders, cursor: encodeCursor(next) };
  }

  async explain(orderId: unknown, options: unknown): Promise<Explanation<AnyStatus>> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const { command, tenantId: named } = checkArgument(explainSchema, options, 'options');
    const tenantId = this.#tenants.of(named);
    const parsed = command === undefined ? undefined : this.#intake.parse(command, id);
    if (parsed?.orderId !== undefined && parsed.orderId !== id) throw otherOrder();
    const record = await this.#loader.load(tenantId, id);
    if (record === undefined) throw orderNotFound(id);
    const commands = this.#decisions.explain(record, parsed);
    const { version, deadlines } = record;
    const status = wholeStatus(record.status);
    return { orderId: id, version, status, deadlines, commands };
  }
}

/** The command to explain may leave out the order's id, but not name another one. */
function otherOrder(): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    'The option command of explain names another order than the first argument; leave out its orderId.',
  );
}

/** The same error for an order that does not exist and one of another tenant. */
function orderNotFound(orderId: string): OrderchartError {
  return new OrderchartError('orderNotFound', `There is no order ${orderId}.`, {
    details: { orderId },
  });
}

function viewOf(record: OrderRecord): ListedOrder<AnyStatus> {
  const { version, deadlines, updatedAt } = record;
  const status = wholeStatus(record.status);
  return Object.freeze({ ...stateOf(record).order, version, status, deadlines, updatedAt });
}

function viewWithFigures(record: OrderRecord): OrderView<AnyStatus> {
  const figures = deepFreeze(orderFigures(stateOf(record).order));
  return Object.freeze({ ...viewOf(record), figures });
}
