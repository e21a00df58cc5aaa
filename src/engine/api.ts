import type { OrderCommand } from '../order/commands/commands.ts';
import type { OrderStatus } from '../order/lifecycle/status.ts';
import type { PurgeResult } from '../store/store.ts';
import type { AsWritten } from './contract/as-written.ts';
import type { ExecuteContext } from './contract/context.ts';
import type { CoreEventMap, EventSelector, SelectedEvent } from './contract/event-types.ts';
import type { ExecuteResult } from './contract/results.ts';
import type { PurgeOptions } from './housekeeping.ts';
import type { EngineStats } from './kernel/stats.ts';
import type { Listener } from './listeners.ts';
import type {
  ExplainOptions,
  Explanation,
  HistoryOptions,
  ListOptions,
  OrderPage,
  OrderView,
  ReadOptions,
} from './reads.ts';
import type { ProjectOptions, SubscribeOptions } from './subscriptions/options.ts';
import type { ParkingLot } from './subscriptions/parking-lot.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import type { PublishOptions } from './transports/publish.ts';
import type { ReceiveOptions } from './transports/receive-options.ts';
import type { Reception } from './transports/reception.ts';

/**
 * Runs orders: executes commands, stores their changes, and reports them.
 *
 * Every method throws, or rejects with, `OrderchartError` only: `invalidArgument` or `invalidCommand`
 * for misuse, `engineClosed` after `close`, and an error of the store (`storeUnavailable`,
 * `storeClosed`, `storeCorrupt`, `storeDefect`) when the store fails.
 */
export interface OrderEngine<Command = OrderCommand, Events = CoreEventMap, Status = OrderStatus> {
  /**
   * Executes one command. Resolves when its outcome is durable. A refusal by the rules is a result,
   * not an error.
   *
   * @throws OrderchartError `invalidCommand`, `invalidArgument`, `idempotencyMismatch`,
   * `versionMismatch`, `contention`, `overloaded`, `numberUnavailable`, `aborted`, `engineClosed`,
   * `storeUnavailable`, `historyChanged`;
   * `outcomeUnknown` when the command may have been applied: repeat it with its idempotency key.
   *
   * @example
   * const result = await engine.execute(
   *   { type: 'order.cancel', orderId, reason: 'changed-mind' },
   *   { idempotencyKey: request.headers['idempotency-key'] },
   * );
   * if (result.status === 'rejected') return respond(409, result.rejection);
   */
  execute(
    command: AsWritten<Command>,
    context?: ExecuteContext,
  ): Promise<ExecuteResult<Events[keyof Events]>>;

  /**
   * Reads an order from the store; `undefined` when the tenant has none with this id.
   *
   * @example
   * const order = await engine.get(orderId);
   * if (order?.status.lifecycle === 'confirmed') print(order.lines);
   */
  get(orderId: string, options?: ReadOptions): Promise<OrderView<Status> | undefined>;

  /** Reads an order by its human-readable number; `undefined` if the tenant has none with it. */
  getByNumber(number: string, options?: ReadOptions): Promise<OrderView<Status> | undefined>;

  /**
   * Iterates over the events of an order by version. Reads page by page, as the caller consumes them.
   *
   * @throws OrderchartError `orderNotFound` at the first step; `aborted`.
   *
   * @example
   * for await (const event of engine.history(orderId)) print(event.version, event.type);
   */
  history(orderId: string, options?: HistoryOptions): AsyncIterable<Events[keyof Events]>;

  /**
   * Reads a page of the tenant's orders, newest first. Following the cursors returns every order that
   * matches throughout exactly once, even if orders are written in between.
   *
   * @example
   * let cursor: string | undefined;
   * do {
   *   const page = await engine.list({ status: { lifecycle: 'confirmed' }, cursor });
   *   for (const order of page.orders) print(order.id, order.status);
   *   cursor = page.cursor;
   * } while (cursor !== undefined);
   */
  list(options?: ListOptions<Status>): Promise<OrderPage<Status>>;

  /**
   * Explains which commands an order would accept now, and why it would refuse the others, with the
   * guards of the chart. With the option `command`, decides that one in full, without executing it.
   *
   * @throws OrderchartError `orderNotFound`; `invalidCommand` for the option `command`.
   *
   * @example
   * const { commands } = await engine.explain(orderId, { command: { type: 'order.cancel', orderId } });
   */
  explain(orderId: string, options?: ExplainOptions<Command>): Promise<Explanation<Status>>;

  /**
   * Returns an engine that is bound to one tenant: for a request handler that has identified the
   * tenant, and must not reach the orders of another.
   *
   * @throws OrderchartError `invalidArgument` when the text cannot be a tenant's id.
   *
   * @example
   * const shop = engine.tenant(session.shopId);
   * await shop.execute({ type: 'order.cancel', orderId });
   */
  tenant(tenantId: string): TenantEngine<Command, Events, Status>;

  /**
   * Calls `listener` with each event that this process recorded, once it is durable: of one type
   * (`payment.captured`), a family (`payment.*`) or all (`*`). An error of the listener is logged, no
   * more. After a crash the call is lost; use {@link OrderEngine.subscribe} for events that must not
   * be missed. Returns a function that removes the listener.
   *
   * @throws OrderchartError `invalidArgument`.
   *
   * @example
   * const off = engine.on('payment.*', (event) => print(event.orderId, event.type));
   */
  on<const Selector extends EventSelector<Events>>(
    type: Selector,
    listener: Listener<SelectedEvent<Events, Selector>>,
  ): () => void;

  /**
   * Starts or resumes a durable subscription: its handler gets every event of the feed at least
   * once, and the events of an order one after the other. Resolves when it runs.
   *
   * @throws OrderchartError `invalidArgument`, also when this engine already runs this name;
   * `subscriptionChanged` when it was created with other `types`.
   *
   * @example
   * await engine.subscribe({
   *   name: 'refunds',
   *   from: 'beginning',
   *   types: ['payment.refund_requested'],
   *   handler: async ({ data, orderId }) => {
   *     const refund = await provider.refund(data.amount, { idempotencyKey: data.operationId });
   *     return refundReport(orderId, data, refund);
   *   },
   * });
   */
  subscribe<const Selector extends EventSelector<Events> = '*'>(
    options: SubscribeOptions<Command, Events, Selector>,
  ): Promise<Subscription>;

  /**
   * Publishes the events of the feed as CloudEvents, the events of an order one after the other, each
   * until the broker has confirmed it. It is a subscription: it has a checkpoint, and parks events
   * that the broker refuses permanently. Opens the transport, and resolves when the subscription runs;
   * the transport is closed with the engine.
   *
   * @throws OrderchartError `invalidArgument`, also when this engine already runs this name;
   * `subscriptionChanged` when it was created with other `types`;
   * `transportUnavailable` or `transportRefused` when the transport does not open.
   *
   * @example
   * await engine.startPublishing({ name: 'orders-out', from: 'beginning', transport, source: '/orders' });
   */
  startPublishing<const Selector extends EventSelector<Events> = '*'>(
    options: PublishOptions<Events, Selector>,
  ): Promise<Subscription>;

  /**
   * Receives messages and executes the commands that `map` makes of them: each command once, however
   * often its message comes, and the messages of a key in order. A message is acked when the outcome
   * of its commands is durable. Messages that cannot be mapped become dead letters. Opens the
   * transport, and resolves when messages can arrive.
   *
   * @throws OrderchartError `invalidArgument`, also when this engine already runs this name;
   * `transportUnavailable` or `transportRefused` when the transport does not open.
   *
   * @example
   * await engine.startReceiving({
   *   name: 'payments-in',
   *   transport,
   *   deadLetter: deadLetters,
   *   map: (message) => {
   *     const { type, subject, data } = parseCloudEvent(message);
   *     return type === 'com.example.captured' ? captureReport(subject, data) : undefined;
   *   },
   * });
   */
  startReceiving(options: ReceiveOptions<Command>): Promise<Reception>;

  /**
   * Starts or resumes a projection: a subscription that updates a read model of the host in the same
   * transaction as its checkpoint, so that every event is applied exactly once. Resolves when it runs.
   *
   * @throws OrderchartError `invalidArgument`, also when this engine already runs this name, and for
   * stores without `features.transactions`; `subscriptionChanged` when it was created with other
   * `types`.
   *
   * @example
   * await engine.project({
   *   name: 'revenue-1',
   *   types: ['payment.captured'],
   *   handler: async ({ data }, { transaction }: ProjectionContext<PoolClient>) => {
   *     await transaction.query('UPDATE revenue SET total = total + $1', [data.amount]);
   *   },
   * });
   */
  project<const Selector extends EventSelector<Events> = '*', Transaction = unknown>(
    options: ProjectOptions<Events, Selector, Transaction>,
  ): Promise<Subscription>;

  /** Operations on subscriptions: list and retry parked events, rewind, remove. */
  readonly subscriptions: ParkingLot;

  /**
   * Resolves when nothing more happens until a command arrives or the clock moves: no command is in
   * progress, every due deadline has fired, and subscriptions have handled every event except those
   * that are parked or wait for their next attempt. For tests.
   */
  idle(): Promise<void>;

  /** Returns the counts since the engine was created, and the present levels of queue and cache. */
  stats(): EngineStats;

  /**
   * Removes the answers to idempotency keys that are older than the option `commandRetentionMs`
   * and, when asked to, orders that were archived long ago. Works in batches, beside other commands.
   *
   * @throws OrderchartError `aborted`. Also rejects with the first error of `exportOrder`.
   *
   * @example
   * const removed = await engine.purge({ archivedRetentionMs: 10 * 365 * 86_400_000 });
   */
  purge(options?: PurgeOptions): Promise<PurgeResult>;

  /**
   * Raises the number of the store's history, and resolves to the new one: for an operator who
   * restored a backup or a disk while no process ran, which the engine cannot notice. Messages carry
   * the number, so consumers accept later messages although they know higher versions from the lost
   * history. Running engines start over. Call it before `startPublishing` and `subscribe`: consumers
   * may have dropped messages under the old number as outdated.
   *
   * @throws OrderchartError `invalidArgument` for stores without `features.failover`.
   */
  raiseHistory(): Promise<number>;

  /**
   * Refuses new commands and messages, finishes the accepted ones, releases the leases of the
   * subscriptions, and closes the transports and the store. Ends soon after the option
   * `closeGraceMs` even if something hangs. Further calls return the same promise.
   */
  close(): Promise<void>;
  /** Closes the engine: for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An engine that is bound to one tenant, see {@link OrderEngine.tenant}. A call that names another
 * tenant fails with `invalidArgument`; otherwise its methods are those of {@link OrderEngine}.
 */
export interface TenantEngine<Command = OrderCommand, Events = CoreEventMap, Status = OrderStatus> {
  /** The tenant that it is bound to. */
  readonly tenantId: string;
  /** See {@link OrderEngine.execute}. */
  execute(
    command: AsWritten<Command>,
    context?: Omit<ExecuteContext, 'tenantId'>,
  ): Promise<ExecuteResult<Events[keyof Events]>>;
  /** See {@link OrderEngine.get}. */
  get(orderId: string): Promise<OrderView<Status> | undefined>;
  /** See {@link OrderEngine.getByNumber}. */
  getByNumber(number: string): Promise<OrderView<Status> | undefined>;
  /** See {@link OrderEngine.history}. */
  history(
    orderId: string,
    options?: Omit<HistoryOptions, 'tenantId'>,
  ): AsyncIterable<Events[keyof Events]>;
  /** See {@link OrderEngine.list}. */
  list(options?: Omit<ListOptions<Status>, 'tenantId'>): Promise<OrderPage<Status>>;
  /** See {@link OrderEngine.explain}. */
  explain(orderId: string, options?: ExplainOptions<Command>): Promise<Explanation<Status>>;
}
