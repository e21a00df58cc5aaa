import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { OrderStatus, StatusFilter } from '../order/lifecycle/status.ts';
import type { Order } from '../order/order.ts';
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
 * An order as readers see it: always the latest that is durable. It is the {@link Order}, with its
 * lines, payments and shipments, and what the engine knows of it besides.
 *
 * @example
 * const view = await engine.get(orderId);
 * if (view?.status.payment === 'paid') print(view.lines.map(({ sku, shipped }) => [sku, shipped]));
 */
export interface OrderView<Status = OrderStatus> extends Order {
  /** The version of its last event; the first event has version 1. */
  readonly version: number;
  /** The state of each region of the chart. */
  readonly status: Status;
  /** What it waits for, earliest first. */
  readonly deadlines: readonly Deadline[];
  /** When its last event was recorded. */
  readonly updatedAt: Timestamp;
}

/** Whose order is meant. */
export interface ReadOptions {
  readonly tenantId?: string | undefined;
}

export interface HistoryOptions extends ReadOptions {
  /** Begins after this version; 0 for the whole history. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions<Status = OrderStatus> extends ReadOptions {
  /** Region to state: `{ lifecycle: 'confirmed', payment: 'paid' }`. All of them must hold. */
  readonly status?: StatusFilter<Status> | undefined;
  readonly customerId?: string | undefined;
  /** Where the page before ended: its `cursor`. */
  readonly cursor?: string | undefined;
  /** Orders on the page at most, up to 1,000; 100 when left out. Large ones end a page earlier. */
  readonly limit?: number | undefined;
}

export interface ExplainOptions<Command> extends ReadOptions {
  /** Decided in full, but not executed. Without it, every command is looked at by its guards. */
  readonly command?: AsWritten<Command> | undefined;
}

/** Why an order can do what it can: the answer of `explain`. */
export interface Explanation<Status = OrderStatus> {
  readonly orderId: string;
  readonly version: number;
  readonly status: Status;
  readonly deadlines: readonly Deadline[];
  readonly commands: readonly CommandExplanation[];
}

export interface OrderPage<Status = OrderStatus> {
  readonly orders: readonly OrderView<Status>[];
  /** For the next page; absent on the last one. This, not the number of orders, tells the end. */
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
  })
  .prefault({});

/**
 * How long the orders of a list's page may be together: a thousand ordinary ones have about two
 * megabytes, but a thousand of the largest would have gigabytes.
 */
const listBytes = 8_000_000;

/** How many events `history` asks the store for at once. */
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
    return record && viewOf(record);
  }

  async getByNumber(number: unknown, options: unknown): Promise<OrderView<AnyStatus> | undefined> {
    const text = checkArgument(idSchema, number, 'order number');
    const tenantId = this.#tenants.of(checkArgument(readSchema, options, 'options').tenantId);
    const orderId = await this.#store.findByNumber(tenantId, text);
    const record = orderId === undefined ? undefined : await this.#loader.load(tenantId, orderId);
    return record && viewOf(record);
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
    const { status, customerId, cursor, limit } = checked;
    const query: ListQuery = {
      tenantId: this.#tenants.of(checked.tenantId),
      limit,
      maximumBytes: listBytes,
      ...(status !== undefined && { status }),
      ...(customerId !== undefined && { customerId }),
      ...(cursor !== undefined && { after: decodeCursor(cursor) }),
    };
    const { records, next } = await this.#store.list(query);
    const orders = records.map(viewOf);
    return next === undefined ? { orders } : { orders, cursor: encodeCursor(next) };
  }

  async explain(orderId: unknown, options: unknown): Promise<Explanation<AnyStatus>> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const { command, tenantId: named } = checkArgument(explainSchema, options, 'options');
    const tenantId = this.#tenants.of(named);
    const parsed = command === undefined ? undefined : this.#intake.parse(command);
    if (parsed?.orderId !== undefined && parsed.orderId !== id) throw otherOrder();
    const record = await this.#loader.load(tenantId, id);
    if (record === undefined) throw orderNotFound(id);
    const commands = this.#decisions.explain(record, parsed);
    const { version, status, deadlines } = record;
    return { orderId: id, version, status, deadlines, commands };
  }
}

/** A command to explain may leave the order's id to the first argument's, not contradict it. */
function otherOrder(): OrderchartError {
  return new OrderchartError('invalidArgument', 'The command is for another order.');
}

/** The same for an order that does not exist and for one of another tenant. */
function orderNotFound(orderId: string): OrderchartError {
  return new OrderchartError('orderNotFound', `There is no order ${orderId}.`, {
    details: { orderId },
  });
}

function viewOf(record: OrderRecord): OrderView<AnyStatus> {
  const { version, status, deadlines, updatedAt } = record;
  return Object.freeze({ ...stateOf(record).order, version, status, deadlines, updatedAt });
}
