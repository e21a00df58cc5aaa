import { createOrderEngine, type OrderEngine, type OrderEvent, type OrderStore } from 'orderchart';
import { createMovableClock, createSeededIds, type MovableClock } from 'orderchart/testing';
import { expect, it } from 'vitest';
import { OrderchartError } from '../../src/errors.ts';
import type { Order } from '../../src/order/order.ts';
import { compileRules } from '../../src/rules/index.ts';
import { delegateStore } from '../../src/testing/delegate.ts';
import { faultyStore } from '../../src/testing/faults.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { all, annotate, captured, place, sharedStore, turns } from '../engine/kit.ts';

// Promises 1, 4, 5, 6, 8, 9 and 11 at once, by seed: engines on one store that crash at any
// moment, a store whose writes fail in every way that the port allows, handlers that fail, and a
// clock that jumps. Whatever happened, the books must balance at the end.

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);
const rounds = process.env['ORDERCHART_SOAK'] === undefined ? 15 : 2000;

const orderIds = Array.from({ length: 6 }, (_, index) => `order-${index}`);

/** An engine that can be killed: its calls are then never answered, and it does nothing more. */
interface Process {
  readonly engine: OrderEngine;
  readonly killed: Promise<never>;
  kill(): void;
}

class World {
  readonly random: () => number;
  readonly clock: MovableClock = createMovableClock();
  readonly store: OrderStore = sharedStore();
  readonly processes: Process[] = [];
  readonly answers = new Map<string, unknown[]>();
  readonly told = new Set<string>();
  isCalm = false;
  #made = 0;

  constructor(round: number) {
    this.random = seededRandom(round);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.random() * items.length)] as Item;
  }

  async start(): Promise<void> {
    this.#made += 1;
    const id = this.#made;
    const { promise: killed, reject } = Promise.withResolvers<never>();
    killed.catch(() => {});
    let isDead = false;
    const engine = await createOrderEngine({
      store: mortal(this.#faulty(id), () => isDead),
      clock: mortalClock(this.clock, () => isDead),
      ids: createSeededIds(id * 7919),
      random: this.random,
      batchSize: 8,
      cacheSize: 4,
    });
    const kill = (): void => {
      isDead = true;
      reject(new OrderchartError('storeUnavailable', 'The process was killed.'));
    };
    this.processes.push({ engine, killed, kill });
    const subscribing = engine.subscribe({
      name: 'reactor',
      from: 'beginning',
      types: ['order.annotated'],
      concurrency: 3,
      handler: (event) => this.#handle(event),
    });
    await Promise.race([subscribing, turns(50)]);
  }

  killOne(): void {
    const [process] = this.processes.splice(Math.floor(this.random() * this.processes.length), 1);
    process?.kill();
  }

  /** What a careful client does: the same command with the same key until there is an answer. */
  async insist(command: Parameters<OrderEngine['execute']>[0], key: string): Promise<void> {
    for (;;) {
      const process = this.pick(this.processes);
      try {
        const answer = process.engine.execute(command, { idempotencyKey: key });
        const result = await Promise.race([answer, process.killed]);
        const known = this.answers.get(key) ?? [];
        this.answers.set(key, [...known, { ...result, replayed: true }]);
        const isEarly = result.status === 'rejected' && result.rejection.code === 'orderNotFound';
        if (!isEarly && !this.chance(0.2)) return;
        if (isEarly) this.answers.delete(key);
      } catch (error) {
        if ((error as OrderchartError).retryable !== true) throw error;
      }
      await turns(1);
    }
  }

  #handle(event: OrderEvent<'order.annotated', { metadata: object }>) {
    if (!this.isCalm && this.chance(0.2)) throw new Error('not now');
    this.told.add(event.id);
    const { note } = event.data.metadata as { note: string };
    if (!note.startsWith('client')) return [];
    return annotate(event.orderId, `reaction to ${note}`);
  }

  #faulty(id: number): OrderStore {
    const raging = faultyStore(this.store, { seed: id * 31 + 7, rate: 0.3 });
    const { subscriptions } = delegateStore(this.store);
    return {
      ...raging,
      features: { ...this.store.features, shared: true },
      commit: (commits) => (this.isCalm ? this.store : raging).commit(commits),
      subscriptions: {
        ...subscriptions,
        checkpoint: (lease, position) =>
          this.#perhaps(() => subscriptions.checkpoint(lease, position)),
        renew: (...args) => this.#perhaps(() => subscriptions.renew(...args)),
        acquire: (request) => this.#perhaps(() => subscriptions.acquire(request)),
      },
    };
  }

  async #perhaps<Result>(call: () => Promise<Result>): Promise<Result> {
    if (!this.isCalm && this.chance(0.2)) throw new Error('the connection broke');
    return call();
  }
}

/** A store that never answers a process that was killed. */
function mortal(store: OrderStore, isDead: () => boolean): OrderStore {
  const guard = <Shape extends object>(target: Shape): Shape =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === 'object' && value !== null && name === 'subscriptions') {
          return guard(value);
        }
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          if (isDead()) await new Promise(() => {});
          const answer: unknown = await Reflect.apply(value, target, args);
          if (isDead()) await new Promise(() => {});
          return answer;
        };
      },
    });
  return guard(store);
}

function mortalClock(clock: MovableClock, isDead: () => boolean) {
  return {
    now: () => clock.now(),
    schedule: (at: number, callback: () => void) =>
      clock.schedule(at, () => {
        if (!isDead()) callback();
      }),
  };
}

/** One command of a client; the notes tell them apart. */
function commandOf(world: World, orderId: string, index: number) {
  const kind = world.random();
  if (kind < 0.6) return annotate(orderId, `client ${index}`);
  if (kind < 0.7) return captured(orderId, `report-${world.pick([1, 2, 3])}`, 1000);
  if (kind < 0.8) return { type: 'order.hold', orderId, reason: 'fraud' } as const;
  if (kind < 0.9) return { type: 'order.release', orderId, reason: 'fraud' } as const;
  return { type: 'order.cancel', orderId, lines: [{ lineId: 'line-1', units: 1 }] } as const;
}

async function live(world: World): Promise<void> {
  const clients: Promise<void>[] = [];
  await world.start();
  await world.start();
  for (const [index, orderId] of orderIds.entries()) {
    const policy = { unpaidTimeoutMs: 1 + Math.floor(world.random() * 60_000) };
    clients.push(world.insist(place(orderId, { policy, number: `SO-${index}` }), `place-${index}`));
  }
  for (let step = 0; step < 60; step += 1) {
    clients.push(world.insist(commandOf(world, world.pick(orderIds), step), `command-${step}`));
    await turns(Math.floor(world.random() * 4));
    if (world.chance(0.3)) world.clock.advanceBy(Math.floor(world.random() * 10_000));
    if (world.chance(0.1)) {
      world.killOne();
      await world.start();
    }
  }
  world.isCalm = true;
  await Promise.all(clients);
  // Leases of the dead end, waits are over, deadlines come.
  for (let minute = 0; minute < 10; minute += 1) {
    world.clock.advanceBy(60_000);
    for (const { engine } of world.processes) await engine.idle();
  }
}

async function checkBooks(world: World): Promise<void> {
  const [process] = world.processes;
  if (process === undefined) throw new Error('somebody must be alive');
  const { engine } = process;
  // Every repeat of a key got the same answer.
  for (const [key, answers] of world.answers) {
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size, key).toBe(1);
  }
  const rules = compileRules({ extensions: [], policy: {}, maximumChartEntries: 10_000 });
  const seen = new Map<string, number>();
  for (const orderId of orderIds) {
    const events = await all(engine.history(orderId));
    const view = await engine.get(orderId);
    expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
    // The events alone give the order that is stored (law L6).
    let order: Order | undefined;
    for (const event of events) order = rules.replay(order, event as OrderEvent);
    const {
      version: _,
      status: __,
      deadlines: ___,
      updatedAt: ____,
      figures: _____,
      ...stored
    } = view ?? {};
    expect(stored).toEqual(order);
    expect(events.at(-1)?.status).toEqual(view?.status);
    expect(view?.deadlines.filter(({ dueAt }) => dueAt <= world.clock.now())).toEqual([]);
    const notes = events.flatMap((event) => {
      if (event.type !== 'order.annotated') return [];
      expect(world.told).toContain(event.id);
      return [(event.data.metadata as { note: string }).note];
    });
    for (const note of notes) seen.set(note, (seen.get(note) ?? 0) + 1);
    // Handlers answered the events of one order in their order.
    const clients = notes.filter((note) => note.startsWith('client'));
    const reactions = notes.filter((note) => note.startsWith('reaction'));
    expect(reactions).toEqual(clients.map((note) => `reaction to ${note}`));
  }
  // What was acknowledged is there once; what was refused is not there.
  for (const [key, [answer]] of world.answers) {
    const { status, events } = answer as { status: string; events?: readonly OrderEvent[] };
    const note = key.replace('command-', 'client ');
    const isNote = events?.some(({ type }) => type === 'order.annotated') === true;
    expect(seen.get(note) ?? 0, `${key} ${status}`).toBe(isNote ? 1 : 0);
  }
  expect(
    await world.store.subscriptions.parkedLanes({ subscription: 'reactor', limit: 10 }),
  ).toEqual([]);
}

it.each(Array.from({ length: rounds }, (_, round) => seed + round))(
  'the books balance after crashes and faults (ORDERCHART_SEED=%d)',
  async (round) => {
    const world = new World(round);
    await live(world);
    await checkBooks(world);
    await Promise.all(world.processes.map(({ engine }) => engine.close()));
  },
);
