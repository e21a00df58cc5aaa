import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { OrderRecord, PurgeResult } from '../store/store.ts';
import { Activity } from './activity.ts';
import type { OrderEngine } from './api.ts';
import { type Clock, machineTime } from './clock.ts';
import { DecisionMaker } from './commands/decision.ts';
import { CommandExecutor } from './commands/executor.ts';
import { engineClosed, overloaded } from './commands/failures.ts';
import { Intake } from './commands/intake.ts';
import { OrderLoader } from './commands/loader.ts';
import { LockWaits } from './commands/lock-waits.ts';
import { OrderCache } from './commands/order-cache.ts';
import { CommandTask, type TaskRequest } from './commands/task.ts';
import { Transactions } from './commands/transactions.ts';
import { purge } from './housekeeping.ts';
import { createIdGenerator } from './ids.ts';
import { checkedListener, type Listener, Listeners } from './listeners.ts';
import type { EngineSettings } from './options.ts';
import { type Explanation, type OrderPage, type OrderView, Reads } from './reads.ts';
import type { ExecuteResult } from './results.ts';
import type { OrderRules } from './rules/types.ts';
import { type EngineCounters, type EngineStats, newCounters } from './stats.ts';
import type { StoreClock } from './store-clock.ts';
import type { ParkingLot } from './subscriptions/parking-lot.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import { Subscriptions } from './subscriptions/subscriptions.ts';
import { Timers } from './timers.ts';
import type { Reception } from './transports/reception.ts';
import { Transports } from './transports/transports.ts';

/** The settings, and the clocks that come of them. */
export interface RunningSettings extends EngineSettings {
  /** As the host gave it; `clock` is the same one, corrected to the store's. */
  readonly hostClock: Clock;
  /** What corrects it, for stores that have a clock. */
  readonly storeClock: StoreClock | undefined;
}

/**
 * The engine, assembled. What a command goes through is in commands/ (executor.ts is the parent);
 * timers.ts and subscriptions/ follow what was committed. Here is only who knows whom, and the
 * checks that every public call has in common.
 */
export class Engine implements OrderEngine<unknown, Record<string, OrderEvent>> {
  readonly #settings: RunningSettings;
  readonly #counters: EngineCounters = newCounters();
  readonly #activity = new Activity();
  readonly #cache: OrderCache;
  readonly #intake: Intake;
  readonly #executor: CommandExecutor;
  readonly #decisions: DecisionMaker;
  readonly #reads: Reads;
  readonly #listeners: Listeners;
  readonly #timers: Timers;
  readonly #subscriptions: Subscriptions;
  #unlisten: (() => Promise<void>) | undefined;
  readonly #transports: Transports;
  #closing: Promise<void> | undefined;

  readonly subscriptions: ParkingLot = {
    parked: (name, options) => this.#open(() => this.#subscriptions.parked(name, options)),
    retry: (name, lane) => this.#open(() => this.#subscriptions.retry(name, lane)),
    skip: (name, eventId) => this.#open(() => this.#subscriptions.skip(name, eventId)),
    rewind: (name, from) => this.#open(() => this.#subscriptions.rewind(name, from)),
    remove: (name) => this.#open(() => this.#subscriptions.remove(name)),
  };

  constructor(settings: RunningSettings, rules: OrderRules) {
    const { store, clock, ids, logger, batchSize, maximumAttempts, random } = settings;
    const { defaultTenantId } = settings;
    // Not from the injected generator: two engines with the same seed must not be one owner.
    const owner = createIdGenerator().newId(clock.now());
    const activity = this.#activity;
    const counters = this.#counters;
    this.#settings = settings;
    this.#cache = new OrderCache(settings.cacheSize);
    const transactions = new Transactions(store);
    this.#intake = new Intake(rules, clock, ids, transactions, defaultTenantId);
    this.#listeners = new Listeners(logger);
    const loader = new OrderLoader(store, batchSize, ({ status }) => rules.checkStatus(status));
    this.#decisions = new DecisionMaker(rules, clock, ids);
    this.#reads = new Reads(store, loader, this.#intake, this.#decisions, defaultTenantId);
    this.#executor = new CommandExecutor({
      store,
      decisions: this.#decisions,
      cache: this.#cache,
      loader,
      lockWaits: new LockWaits(
        settings.hostClock.steady ?? machineTime,
        random,
        settings.lockWaitMs,
      ),
      activity,
      counters,
      batchSize,
      maximumAttempts,
      numbers: settings.numbers,
      onWrittenWithin: (record) => this.#recorded(record, []),
      onRecorded: (record, events) => this.#recorded(record, events),
      onBatch: () => this.#subscriptions.wake(),
    });
    this.#timers = new Timers({
      store,
      clock,
      activity,
      logger,
      random,
      owner,
      fire: (due) => this.#fire(this.#intake.deadlineRequest(due)),
    });
    this.#subscriptions = new Subscriptions(
      {
        store,
        clock,
        activity,
        counters,
        logger,
        random,
        owner,
        hostClock: settings.hostClock,
        leaseDurationMs: settings.leaseDurationMs,
        graceMs: settings.closeGraceMs,
        execute: (command, event, key) =>
          this.#run(this.#intake.handlerRequest(command, event, key)),
      },
      defaultTenantId,
    );
    this.#transports = new Transports({
      clock,
      activity,
      counters,
      logger,
      random,
      graceMs: settings.closeGraceMs,
      isReport: (type) => rules.isReport(type),
      execute: async (command, origin) => this.#run(this.#intake.messageRequest(command, origin)),
      subscribe: (options) => this.#subscriptions.subscribe(options),
    });
  }

  async start(): Promise<void> {
    const { store, logger, timers } = this.#settings;
    try {
      this.#unlisten = await store.listen?.(() => this.#subscriptions.heard());
    } catch (error) {
      logger.warn('News of other processes cannot be heard; they are looked for.', { error });
    }
    if (timers) this.#timers.start();
  }

  execute(command: unknown, context?: unknown): Promise<ExecuteResult> {
    return new Promise((resolve, reject) => {
      const { queueSize } = this.#settings;
      const { queue } = this.#executor;
      if (this.#closing !== undefined) throw engineClosed();
      const request = this.#intake.hostRequest(command, context);
      if (queue.pending >= queueSize) throw overloaded(queueSize);
      queue.submit(new CommandTask(request, resolve, reject));
    });
  }

  get(orderId: string, options?: unknown): Promise<OrderView | undefined> {
    return this.#open(() => this.#reads.get(orderId, options));
  }

  getByNumber(number: string, options?: unknown): Promise<OrderView | undefined> {
    return this.#open(() => this.#reads.getByNumber(number, options));
  }

  async *history(orderId: string, options?: unknown): AsyncGenerator<OrderEvent, void> {
    this.#checkOpen();
    for await (const event of this.#reads.history(orderId, options)) {
      // The reader may have taken its time.
      this.#checkOpen();
      yield event;
    }
  }

  list(options?: unknown): Promise<OrderPage> {
    return this.#open(() => this.#reads.list(options));
  }

  explain(orderId: string, command?: unknown, options?: unknown): Promise<Explanation> {
    return this.#open(() => this.#reads.explain(orderId, command, options));
  }

  on(type: string, listener: Listener<never>): () => void {
    this.#checkOpen();
    return this.#listeners.add(...checkedListener(type, listener));
  }

  subscribe(options: unknown): Promise<Subscription> {
    return this.#open(() => this.#subscriptions.subscribe(options));
  }

  project(options: unknown): Promise<Subscription> {
    return this.#open(() => this.#subscriptions.project(options));
  }

  publish(options: unknown): Promise<Subscription> {
    return this.#open(() => this.#transports.publish(options));
  }

  receive(options: unknown): Promise<Reception> {
    return this.#open(() => this.#transports.receive(options));
  }

  async idle(): Promise<void> {
    await this.#activity.idle();
  }

  stats(): EngineStats {
    const { pending } = this.#executor.queue;
    return { ...this.#counters, pending, cached: this.#cache.size };
  }

  purge(options?: unknown): Promise<PurgeResult> {
    const { store, clock, commandRetentionMs } = this.#settings;
    return this.#open(() => purge(store, options, clock.now(), commandRetentionMs));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    // 1 no new deadlines, messages and events for handlers; finish those that were begun
    await Promise.all([
      this.#timers.stop(),
      this.#transports.stopReceiving(),
      this.#subscriptions.close(),
    ]);
    // 2 finish the commands that were taken, and the reads under way
    await this.#activity.idle();
    // 3 let go of the transports and the store
    await this.#transports.close();
    this.#settings.storeClock?.stop();
    await this.#unlisten?.().catch(() => {});
    await this.#settings.store.close();
  }

  /** A command of the engine's own: not counted against the queue, and taken while closing. */
  #run(request: TaskRequest): Promise<ExecuteResult> {
    return new Promise((resolve, reject) => {
      this.#executor.queue.submit(new CommandTask(request, resolve, reject));
    });
  }

  /** False when another engine has fired it. */
  async #fire(request: TaskRequest): Promise<boolean> {
    const { promise, resolve, reject } = Promise.withResolvers<ExecuteResult>();
    const task = new CommandTask(request, resolve, reject);
    this.#executor.queue.submit(task);
    const result = await promise;
    if (result.status === 'rejected' && result.rejection.code !== 'orderNotFound') {
      throw new OrderchartError('domainDefect', 'Defect: the rules refused a due deadline.', {
        details: { orderId: request.orderId, rejection: result.rejection },
      });
    }
    const isOurs = task.commit?.record !== undefined;
    if (isOurs) this.#counters.timersFired += 1;
    return isOurs;
  }

  #recorded(record: OrderRecord, events: readonly OrderEvent[]): void {
    try {
      const [deadline] = record.deadlines;
      if (deadline !== undefined && this.#settings.timers) this.#timers.noticed(deadline.dueAt);
      this.#listeners.emit(events);
    } catch (error) {
      // Only a clock of the host's can throw here; what is durable stays accepted all the same.
      this.#settings.logger.error('A change could not be followed.', { error });
    }
  }

  #open<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      this.#checkOpen();
      return this.#activity.during(work());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw engineClosed();
  }
}
