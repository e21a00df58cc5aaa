import {
  createInProcessQueue,
  createInProcessTransport,
  createOrderEngine,
  type InProcessQueue,
  type MapAnswer,
  type OrderCommand,
  type OrderEngine,
  type OrderStore,
  parseOrderEvent,
  type Transport,
  type TransportMessage,
} from 'orderchart';
import {
  createMovableClock,
  createSeededIds,
  delegateTransport,
  faultyTransport,
  type MovableClock,
} from 'orderchart/testing';
import { expect, it } from 'vitest';
import { faultyStore } from '../../src/testing/faults.ts';
import { seededRandom } from '../../src/testing/random.ts';
import { all, annotate, place, sharedStore, turns } from '../engine/kit.ts';

// A shop publishes, and a copy of it lives on the messages alone. Engines on both sides crash at
// any moment; stores, publishing and acks fail in every way that the ports allow; messages are
// doubled. At the end the copy must have lived as the shop did: all of it, once, in order.

const seed = Number(process.env['ORDERCHART_SEED'] ?? Date.now() % 1_000_000);
const rounds = process.env['ORDERCHART_SOAK'] === undefined ? 15 : 1000;

const orderIds = Array.from({ length: 5 }, (_, index) => `order-${index}`);

/** An engine that can be killed: nothing that it asked for is answered any more. */
interface Process {
  readonly engine: OrderEngine;
  kill(): Promise<void>;
}

type Side = 'shop' | 'copy';

class World {
  readonly random: () => number;
  readonly clock: MovableClock = createMovableClock();
  readonly stores: Readonly<Record<Side, OrderStore>> = {
    shop: sharedStore(),
    copy: sharedStore(),
  };
  readonly queue: InProcessQueue;
  readonly letters: unknown[] = [];
  readonly processes: Record<Side, Process | undefined> = { shop: undefined, copy: undefined };
  #made = 0;

  constructor(round: number) {
    this.random = seededRandom(round);
    this.queue = createInProcessQueue({
      maximumMessages: 20,
      schedule: (delayMs, callback) => {
        this.clock.schedule(this.clock.now() + delayMs, callback);
      },
    });
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  async start(side: Side): Promise<void> {
    this.#made += 1;
    const faults = { seed: this.#made * 31 + Math.floor(this.random() * 1_000_000), rate: 0.3 };
    let isDead = false;
    const mortal = <Shape extends object>(target: Shape) => silentWhen(() => isDead, target);
    const inner = createInProcessTransport({ queue: this.queue });
    const transport: Transport = mortal(delegateTransport(faultyTransport(inner, faults)));
    const engine = await createOrderEngine({
      store: mortal({
        ...faultyStore(this.stores[side], faults),
        subscriptions: mortal(this.stores[side].subscriptions),
      }),
      clock: {
        now: () => this.clock.now(),
        schedule: (at, callback) => this.clock.schedule(at, () => isDead || callback()),
      },
      ids: createSeededIds(this.#made * 7919),
      random: this.random,
    });
    this.processes[side] = {
      engine,
      kill: async () => {
        isDead = true;
        // The broker sees that the connection is gone, and gives what was in flight to others.
        await inner.close();
      },
    };
    await (side === 'shop' ? this.#publish(engine, transport) : this.#receive(engine, transport));
  }

  async restart(side: Side): Promise<void> {
    await this.processes[side]?.kill();
    await this.start(side);
  }

  /** The clock goes on, and so does everything that waits. */
  async settle(durationMs: number): Promise<void> {
    for (let waited = 0; waited < durationMs; waited += 1000) {
      this.clock.advanceBy(1000);
      await turns(5);
    }
  }

  async #publish(engine: OrderEngine, transport: Transport): Promise<void> {
    const publishing = engine.startPublishing({
      name: 'out',
      from: 'beginning',
      transport,
      concurrency: 3,
    });
    await Promise.race([publishing, turns(50)]);
  }

  async #receive(engine: OrderEngine, transport: Transport): Promise<void> {
    await engine.startReceiving({
      name: 'in',
      transport,
      maximumInFlight: 4,
      map: (message) => {
        if (this.chance(0.1)) throw new Error('not now');
        return copyOf(message);
      },
      deadLetter: (letter) => void this.letters.push(letter),
      onRejected: (rejected) => void this.letters.push(rejected),
    });
  }
}

function copyOf(message: TransportMessage): MapAnswer<OrderCommand> {
  const { type, orderId, data } = parseOrderEvent(message);
  if (type === 'order.placed') return place(orderId);
  if (type !== 'order.annotated') return undefined;
  return annotate(orderId, (data['metadata'] as { note: string }).note);
}

/** What never answers once its process is dead. */
function silentWhen<Shape extends object>(isDead: () => boolean, target: Shape): Shape {
  return new Proxy(target, {
    get: (_, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...args: readonly unknown[]) => {
        if (isDead()) await new Promise(() => {});
        const answer: unknown = await Reflect.apply(value, target, args);
        if (isDead()) await new Promise(() => {});
        return answer;
      };
    },
  });
}

/** A careful client of the shop: the same command with the same key until there is an answer. */
async function insist(world: World, command: OrderCommand, key: string): Promise<void> {
  for (let isDone = false; !isDone; ) {
    const asking = world.processes.shop?.engine.execute(command, { idempotencyKey: key });
    const asked = asking?.then(
      () => true,
      () => false,
    );
    // A process that was killed does not answer.
    isDone = (await Promise.race([asked, turns(30).then(() => false)])) === true;
  }
}

async function live(world: World): Promise<void> {
  await world.start('shop');
  await world.start('copy');
  const clients = orderIds.map(async (orderId) => {
    await insist(world, place(orderId), `${orderId}/place`);
    for (let at = 0; at < 8; at += 1) {
      await insist(world, annotate(orderId, `note ${at}`), `${orderId}/${at}`);
    }
  });
  let isOver = false;
  const over = Promise.all(clients).then(() => {
    isOver = true;
  });
  for (let step = 0; !isOver || step < 30; step += 1) {
    if (step === 5000) throw new Error('It comes to no end.');
    await turns(Math.floor(world.random() * 5));
    if (world.chance(0.3)) await world.settle(Math.floor(world.random() * 20_000));
    if (world.chance(0.1)) await world.restart(world.chance(0.5) ? 'shop' : 'copy');
  }
  await over;
  await world.settle(10 * 60_000);
}

function notesOf(events: readonly { readonly type: string; readonly data: object }[]) {
  return events.filter(({ type }) => type === 'order.annotated').map(({ data }) => data);
}

it.each(Array.from({ length: rounds }, (_, round) => seed + round))(
  'what a shop publishes a copy receives: all of it, once, in order (ORDERCHART_SEED=%d)',
  async (round) => {
    const world = new World(round);
    await live(world);
    const { shop, copy } = world.processes;
    if (shop === undefined || copy === undefined) throw new Error('both must be alive');
    for (const orderId of orderIds) {
      const events = await all(shop.engine.history(orderId));
      expect(notesOf(events)).toHaveLength(8);
      expect(notesOf(await all(copy.engine.history(orderId)))).toEqual(notesOf(events));
    }
    expect(world.letters).toEqual([]);
    expect(world.queue.size).toBe(0);
    expect(await shop.engine.subscriptions.parked('out')).toEqual([]);
    await Promise.all([shop.engine.close(), copy.engine.close()]);
  },
);
