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
 * Runs orders: takes commands, keeps what they come to, and tells about it.
 *
 * Every method throws `OrderchartError` only: `invalidArgument` or `invalidCommand` for misuse,
 * `engineClosed` after `close`, `storeUnavailable` and its like when the store fails.
 */
export interface OrderEngine<Command = OrderCommand, Events = CoreEventMap, Status = OrderStatus> {
  /**
   * Executes one command. Resolves when the outcome is durable. A refusal by the rules is a
   * result, not an error.
   *
   * @throws OrderchartError `invalidCommand`, `invalidArgument`, `idempotencyMismatch`,
   * `versionMismatch`, `contention`, `overloaded`, `aborted`, `engineClosed`, `storeUnavailable`;
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

  /** The order as it is now; `undefined` when the tenant has none of this id. */
  get(orderId: string, options?: ReadOptions): Promise<OrderView<Status> | undefined>;

  /** The same by the number for people. */
  getByNumber(number: string, options?: ReadOptions): Promise<OrderView<Status> | undefined>;

  /**
   * The events of an order in the order of their versions, read page by page as they are
   * consumed.
   *
   * @throws OrderchartError `orderNotFound`, at the first step.
   *
   * @example
   * for await (const event of engine.history(orderId)) print(event.version, event.type);
   */
  history(orderId: string, options?: HistoryOptions): AsyncIterable<Events[keyof Events]>;

  /**
   * A page of the tenant's orders, newest first. Following the cursors shows every order that
   * matched all the while exactly once, whatever is written meanwhile.
   */
  list(options?: ListOptions<Status>): Promise<OrderPage<Status>>;

  /**
   * What may happen to an order now, and why the rest may not, with the guards that were asked.
   * With a command: that one, decided in full but not executed.
   *
   * @throws OrderchartError `orderNotFound`.
   */
  explain(orderId: string, options?: ExplainOptions<Command>): Promise<Explanation<Status>>;

  /**
   * The same orders and commands, of one tenant: what is given to a request handler that has found
   * out whose request it is, and must not reach anybody else's orders.
   *
   * @throws OrderchartError `invalidArgument` for a text that cannot be a tenant's id.
   *
   * @example
   * const shop = engine.tenant(session.shopId);
   * await shop.execute({ type: 'order.cancel', orderId });
   */
  tenant(tenantId: string): TenantEngine<Command, Events, Status>;

  /**
   * Tells `listener` of events after they are durable, in this process, once: a type
   * (`payment.captured`), a family (`payment.*`) or all (`*`). A listener that throws harms
   * nothing. Gives the function that ends it.
   */
  on<const Selector extends EventSelector<Events>>(
    type: Selector,
    listener: Listener<SelectedEvent<Events, Selector>>,
  ): () => void;

  /**
   * Starts, or goes on with, a durable consumer: every event of the feed reaches its handler at
   * least once, those of one order one after the other. Resolves when it runs.
   *
   * @throws OrderchartError `invalidArgument`, also when the name is running already.
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
   * Publishes the events of the feed, each as a CloudEvent, those of one order one after the
   * other, each again until the broker has confirmed it. It is a subscription: it has a place in
   * the feed, and what the broker refuses for good is parked. Resolves when it runs; the transport
   * is opened first, and closed with the engine.
   *
   * @throws OrderchartError `invalidArgument`, also when the name is running already;
   * `transportUnavailable` or `transportRefused` when the transport does not open.
   *
   * @example
   * await engine.startPublishing({ name: 'orders-out', from: 'beginning', transport, source: '/orders' });
   */
  startPublishing<const Selector extends EventSelector<Events> = '*'>(
    options: PublishOptions<Events, Selector>,
  ): Promise<Subscription>;

  /**
   * Turns messages into commands: each is executed once, however often its message comes, those
   * of one key in order; a message is acked when what it led to is durable. Messages that cannot
   * be understood go to the dead letters. Resolves when it runs.
   *
   * @throws OrderchartError `invalidArgument`, also when the name is running already;
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
   * Starts, or goes on with, a projection: a durable consumer that keeps a read model of the host's
   * in the same transaction as its place in the feed, so that every event is in it exactly once.
   * Needs a store with transactions. Resolves when it runs.
   *
   * @throws OrderchartError `invalidArgument`, also for stores without transactions.
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

  /** What an operator can do about subscriptions: parked events, and where they stand. */
  readonly subscriptions: ParkingLot;

  /**
   * Resolves when nothing more happens by itself until a command comes or the clock moves: no
   * command is under way, no due deadline is unfired, subscriptions have handled every event
   * (those that wait for their next attempt, or are parked, excepted). For tests.
   */
  idle(): Promise<void>;

  /** Counts since the start, and how full queue and cache are. */
  stats(): EngineStats;

  /** Removes answers to old idempotency keys and, when asked to, orders long archived. */
  purge(options?: PurgeOptions): Promise<PurgeResult>;

  /**
   * Gives the store's history a new number, and gives that number: for an operator who has put back
   * a backup or a disk while no process ran, which nobody can notice. Messages name the number, so
   * consumers go by what is published from then on although they know higher versions of the lost
   * time. Engines that run begin anew, as after any change of history. Call it before `startPublishing` and
   * `subscribe`: what was published under the old number may have been dropped as outdated.
   *
   * @throws OrderchartError `invalidArgument` for stores without `features.failover`.
   */
  raiseHistory(): Promise<number>;

  /**
   * Takes no more commands and messages, finishes those taken, gives subscriptions' places back
   * and closes transports and the store. Calling it again gives the same promise.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An engine that is bound to one tenant. A call that names another one is refused
 * (`invalidArgument`); otherwise its methods are those of {@link OrderEngine}.
 */
export interface TenantEngine<Command = OrderCommand, Events = CoreEventMap, Status = OrderStatus> {
  /** Whose orders these are. */
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
