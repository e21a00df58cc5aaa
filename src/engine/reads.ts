import { z } from 'zod';
import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Order } from '../order/order.ts';
import { idSchema } from '../order/schemas.ts';
import type { Deadline, OrderStatus, Timestamp } from '../order/values.ts';
import type { ListQuery, OrderRecord, OrderStore } from '../store/store.ts';
import { checkArgument } from './arguments.ts';
import type { DecisionMaker } from './commands/decision.ts';
import { aborted } from './commands/failures.ts';
import type { Intake } from './commands/intake.ts';
import type { OrderLoader } from './commands/loader.ts';
import { stateOf } from './commands/recording.ts';
import { signalSchema, versionSchema } from './context.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { CommandExplanation } from './rules/types.ts';

/** An order as readers see it: always the latest that is durable. */
export interface OrderView {
  readonly id: string;
  readonly tenantId: string;
  /** For people. */
  readonly number: string | null;
  /** The version of its last event. */
  readonly version: number;
  readonly status: OrderStatus;
  readonly order: Order;
  /** What it waits for, earliest first. */
  readonly deadlines: readonly Deadline[];
  readonly placedAt: Timestamp;
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

export interface ListOptions extends ReadOptions {
  /** Region to state: `{ lifecycle: 'confirmed', payment: 'paid' }`. All of them must hold. */
  readonly status?: Readonly<Record<string, string>> | undefined;
  readonly customerId?: string | undefined;
  /** Where the page before ended: its `cursor`. */
  readonly cursor?: string | undefined;
  /** Orders on the page, at most 1,000; 100 when left out. */
  readonly limit?: number | undefined;
}

/** Why an order can do what it can: the answer of `explain`. */
export interface Explanation {
  readonly orderId: string;
  readonly version: number;
  readonly status: OrderStatus;
  readonly deadlines: readonly Deadline[];
  readonly commands: readonly CommandExplanation[];
}

export interface OrderPage {
  readonly orders: readonly OrderView[];
  /** For the next page; absent on the last one. */
  readonly cursor?: string;
}

const readSchema = z.strictObject({ tenantId: idSchema.optional() }).default({});
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

/** How many events `history` asks the store for at once. */
const historyPageSize = 256;

/** The reading half of the engine. */
export class Reads {
  readonly #store: OrderStore;
  readonly #loader: OrderLoader;
  readonly #intake: Intake;
  readonly #decisions: DecisionMaker;
  readonly #defaultTenantId: string;

  constructor(
    store: OrderStore,
    loader: OrderLoader,
    intake: Intake,
    decisions: DecisionMaker,
    defaultTenantId: string,
  ) {
    this.#store = store;
    this.#loader = loader;
    this.#intake = intake;
    this.#decisions = decisions;
    this.#defaultTenantId = defaultTenantId;
  }

  async get(orderId: unknown, options: unknown): Promise<OrderView | undefined> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const { tenantId = this.#defaultTenantId } = checkArgument(readSchema, options, 'options');
    const record = await this.#loader.load(tenantId, id);
    return record && viewOf(record);
  }

  async getByNumber(number: unknown, options: unknown): Promise<OrderView | undefined> {
    const text = checkArgument(idSchema, number, 'order number');
    const { tenantId = this.#defaultTenantId } = checkArgument(readSchema, options, 'options');
    const orderId = await this.#store.findByNumber(tenantId, text);
    const record = orderId === undefined ? undefined : await this.#loader.load(tenantId, orderId);
    return record && viewOf(record);
  }

  async *history(orderId: unknown, options: unknown): AsyncGenerator<OrderEvent, void> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const {
      tenantId = this.#defaultTenantId,
      after = 0,
      signal,
    } = checkArgument(historySchema, options, 'options');
    const key = { tenantId, orderId: id };
    if ((await this.#loader.load(tenantId, id)) === undefined) throw orderNotFound(id);
    let version = after;
    for (;;) {
      if (signal?.aborted) throw aborted(signal);
      const page = await this.#store.history(key, version, historyPageSize);
      yield* page;
      version = page.at(-1)?.version ?? version;
      if (page.length < historyPageSize) return;
    }
  }

  async list(options: unknown): Promise<OrderPage> {
    const checked = checkArgument(listSchema, options, 'options of list');
    const { status, customerId, cursor, limit, tenantId = this.#defaultTenantId } = checked;
    const query: ListQuery = {
      tenantId,
      limit,
      ...(status !== undefined && { status }),
      ...(customerId !== undefined && { customerId }),
      ...(cursor !== undefined && { after: decodeCursor(cursor) }),
    };
    const { records, next } = await this.#store.list(query);
    const orders = records.map(viewOf);
    return next === undefined ? { orders } : { orders, cursor: encodeCursor(next) };
  }

  async explain(orderId: unknown, command: unknown, options: unknown): Promise<Explanation> {
    const id = checkArgument(idSchema, orderId, 'order id');
    const { tenantId = this.#defaultTenantId } = checkArgument(readSchema, options, 'options');
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

function viewOf(record: OrderRecord): OrderView {
  const { orderId: id, tenantId, number, version, status, deadlines } = record;
  const { placedAt, updatedAt } = record;
  const { order } = stateOf(record);
  return { id, tenantId, number, version, status, order, deadlines, placedAt, updatedAt };
}
