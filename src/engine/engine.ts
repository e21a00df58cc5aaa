import { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { AnyStatus } from '../order/values.ts';
import type { OrderRules } from '../rules/types.ts';
import type { OrderRecord, PurgeResult } from '../store/store.ts';
import type { OrderEngine } from './api.ts';
import { boundTo } from './bound-tenant.ts';
import { DecisionMaker } from './commands/decision.ts';
import { CommandExecutor } from './commands/executor.ts';
import { Intake } from './commands/intake.ts';
import { OrderLoader } from './commands/loader.ts';
import { LockWaits } from './commands/lock-waits.ts';
import { OrderCache } from './commands/order-cache.ts';
import { CommandTask, type TaskRequest } from './commands/task.ts';
import { Transactions } from './commands/transactions.ts';
import type { ExecuteResult } from './contract/results.ts';
import { purge } from './housekeeping.ts';
import { Activity } from './kernel/activity.ts';
import { machineTime } from './kernel/clock.ts';
import { overloaded, overloadedInBytes } from './kernel/failures.ts';
import { createIdGenerator } from './kernel/ids.ts';
import { Lifetime } from './kernel/lifetime.ts';
import { type EngineCounters, type EngineStats, newCounters } from './kernel/stats.ts';
import { checkedListener, type Listener, Listeners } from './listeners.ts';
import type { RunningSettings } from './options.ts';
import { type Explanation, type OrderPage, type OrderView, Reads } from './reads.ts';
import type { ParkingLot } from './subscriptions/parking-lot.ts';
import type { SubscriptionParts } from './subscriptions/parts.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import { Subscriptions } from './subscriptions/subscriptions.ts';
import { Tenants } from './tenants.ts';
import { Timers } from './timers/timers.ts';
import type { Reception } from './transports/reception.ts';
import { Transports } from './transports/transports.ts';

/**
 * The engine, assembled. Commands are executed in commands/ (start with executor.ts); timers/ and
 * subscriptions/ react to commits. This file only connects them, and has the checks that all public
 * calls share.
 */
export class Engine implements OrderEngine<unknown, Record<string, OrderEvent>, AnyStatus> {
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
  readonly #lifetime: Lifetime;

  readonly subscriptions: ParkingLot = {
    parked: (name, options) =>
      this.#lifetime.during(() => this.#subscriptions.parked(name, options)),
    retry: (name, lane) => this.#lifetime.during(() => this.#subscriptions.retry(name, lane)),
    skip: (name, eventId) => this.#lifetime.during(() => this.#subscriptions.skip(name, eventId)),
    rewind: (name, from) => this.#lifetime.during(() => this.#subscriptions.rewind(name, from)),
    remove: (name) => this.#lifetime.during(() => this.#subscriptions.remove(name)),
  };

  constructor(settings: RunningSettings, rules: OrderRules) {
    const { store, clock, ids, logger, batchSize, maximumAttempts, random } = settings;
    const { batchBytes } = settings;
    const tenants = new Tenants(settings);
    // Not from the injected generator: two engines with the same seed must not be one owner.
    const owner = createIdGenerator().newId(clock.now());
    const activity = this.#activity;
    const counters = this.#counters;
    this.#lifetime = new Lifetime({ activity, clock, logger, graceMs: settings.closeGraceMs });
    this.#settings = settings;
    this.#cache = new OrderCache(settings.cacheSize, settings.cacheBytes);
    const transactions = new Transactions(store);
    const steady = settings.hostClock.steady ?? machineTime;
    this.#intake = new Intake(rules, clock, ids, transactions, tenants);
    this.#listeners = new Listeners(logger);
    const loader = new OrderLoader(store, ({ status }) => rules.checkStatus(status));
    this.#decisions = new DecisionMaker(rules, clock, ids);
    this.#reads = new Reads(store, loader, this.#intake, this.#decisions, tenants);
    this.#executor = new CommandExecutor({
      store,
      decisions: this.#decisions,
      cache: this.#cache,
      loader,
      lockWaits: new LockWaits(steady, random, settings.lockWaitMs),
      activity,
      counters,
      batchSize,
      batchBytes,
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
    this.#subscriptions = this.#newSubscriptions(owner);
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

  #newSubscriptions(owner: string): Subscriptions {
    const { store, clock, hostClock, logger, random, history, leaseDurationMs } = this.#settings;
    const parts: SubscriptionParts = {
      ...{ store, clock, hostClock, logger, random, owner, leaseDurationMs },
      activity: this.#activity,
      counters: this.#counters,
      graceMs: this.#settings.closeGraceMs,
      sawHistory: (number) => history.saw(number),
      execute: (command, event, key) => this.#run(this.#intake.handlerRequest(command, event, key)),
    };
    return new Subscriptions(parts, new Tenants(this.#settings));
  }

  async start(): Promise<void> {
    this.#settings.history.follow(this.#activity, (ready) => this.#startOver(ready));
    const { store, logger, timers } = this.#settings;
    try {
      this.#unlisten = await store.listen?.(() => this.#subscriptions.heard());
    } catch (error) {
      logger.warn('Cannot listen for notifications; polling instead.', { error });
    }
    if (timers) this.#timers.start();
  }

  execute(command: unknown, context?: unknown): Promise<ExecuteResult> {
    return new Promise((resolve, reject) => {
      const { queueSize, queueBytes } = this.#settings;
      const { queue } = this.#executor;
      this.#lifetime.checkOpen();
      const request = this.#intake.hostRequest(command, context);
      if (queue.pending >= queueSize) throw overloaded(queueSize);
      const task = new CommandTask(request, resolve, reject);
      // A command above the limit may run alone; otherwise it could never run.
      if (queue.bytes > 0 && queue.bytes + task.bytes > queueBytes) {
        throw overloadedInBytes(queueBytes);
      }
      queue.submit(task);
    });
  }

  get(orderId: string, options?: unknown): Promise<OrderView<AnyStatus> | undefined> {
    return this.#lifetime.during(() => this.#reads.get(orderId, options));
  }

  getByNumber(number: string, options?: unknown): Promise<OrderView<AnyStatus> | undefined> {
    return this.#lifetime.during(() => this.#reads.getByNumber(number, options));
  }

  async *history(orderId: string, options?: unknown): AsyncGenerator<OrderEvent, void> {
    this.#lifetime.checkOpen();
    yield* this.#lifetime.each(this.#reads.history(orderId, options));
  }

  list(options?: unknown): Promise<OrderPage<AnyStatus>> {
    return this.#lifetime.during(() => this.#reads.list(options));
  }

  explain(orderId: string, options?: unknown): Promise<Explanation<AnyStatus>> {
    return this.#lifetime.during(() => this.#reads.explain(orderId, options));
  }

  tenant(tenantId: string): ReturnType<typeof boundTo> {
    return boundTo(this, tenantId);
  }

  on(type: string, listener: Listener<never>): () => void {
    this.#lifetime.checkOpen();
    return this.#listeners.add(...checkedListener(type, listener));
  }

  subscribe(options: unknown): Promise<Subscription> {
    return this.#lifetime.during(() => this.#subscriptions.subscribe(options));
  }

  project(options: unknown): Promise<Subscription> {
    return this.#lifetime.during(() => this.#subscriptions.project(options));
  }

  startPublishing(options: unknown): Promise<Subscription> {
    return this.#lifetime.during(() => this.#transports.publish(options));
  }

  startReceiving(options: unknown): Promise<Reception> {
    return this.#lifetime.during(() => this.#transports.receive(options));
  }

  async idle(): Promise<void> {
    await this.#activity.idle();
  }

  stats(): EngineStats {
    const { pending, bytes: pendingBytes } = this.#executor.queue;
    const { size: cached, bytes: cachedBytes } = this.#cache;
    const { failing: timersFailing } = this.#timers;
    const { changes: historyChanges } = this.#settings.history;
    const levels = { pending, pendingBytes, cached, cachedBytes, timersFailing, historyChanges };
    return { ...this.#counters, ...levels };
  }

  purge(options?: unknown): Promise<PurgeResult> {
    const { store, clock, commandRetentionMs } = this.#settings;
    return this.#lifetime.during(() => purge(store, options, clock.now(), commandRetentionMs));
  }

  raiseHistory(): Promise<number> {
    return this.#lifetime.during(() => this.#settings.history.raise());
  }

  close(): Promise<void> {
    const { store, storeClock } = this.#settings;
    this.#settings.history.close();
    return this.#lifetime.close({
      stop: () =>
        Promise.all([
          this.#timers.stop(),
          this.#transports.stopReceiving(),
          this.#subscriptions.close(),
        ]),
      giveUp: () => this.#executor.queue.giveUp(),
      release: [
        () => this.#transports.close(),
        () => this.#unlisten?.().catch(() => {}),
        () => {
          storeClock?.stop();
          return store.close();
        },
      ],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Runs a command of the engine itself: outside the queue's limits, and also while closing. */
  #run(request: TaskRequest): Promise<ExecuteResult> {
    return new Promise((resolve, reject) => {
      this.#executor.queue.submit(new CommandTask(request, resolve, reject));
    });
  }

  #startOver(ready: Promise<void>): void {
    const { timers, storeClock } = this.#settings;
    this.#cache.clear();
    void this.#activity.during(this.#subscriptions.reset(ready));
    void ready.then(() => storeClock?.compare()).then(() => timers && this.#timers.startOver());
  }

  /** Fires a deadline. Returns false if another engine has fired it. */
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
      if (this.#settings.timers) this.#timers.noticed(record);
      this.#listeners.emit(events);
    } catch (error) {
      // Only the host's clock can throw here. The commit is durable, so the command stays accepted.
      this.#settings.logger.error('Committed, but timers or listeners could not be notified.', {
        error,
      });
    }
  }
}
