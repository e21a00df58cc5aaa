import { setTimeout as sleep } from 'node:timers/promises';
import {
  createMemoryStore,
  createOrderEngine,
  type OrderEvent,
  type OrderStore,
} from '../../../src/index.ts';
import { orderEventMessage } from '../../../src/transport/cloud-event/order-event.ts';
import type { BenchmarkResult, BenchmarkSettings } from '../benchmark.ts';
import { check } from '../check.ts';
import { formatNumber, formatSpread } from '../format.ts';
import { commandsPerLife, eventsPerLife, live, newLives } from '../lives.ts';
import { percentile } from '../postgres/load.ts';
import { millisecondsOf, ratioOf, type Spread, spreadOf } from '../statistics.ts';
import type { Contender } from './contender.ts';
import { kafkaContender } from './kafka.ts';
import { natsContender } from './nats.ts';
import { rabbitmqContender } from './rabbitmq.ts';
import { redisContender } from './redis.ts';
import { webhookContender } from './webhook.ts';

const contenders: Readonly<Record<string, () => Promise<Contender>>> = {
  nats: natsContender,
  rabbitmq: rabbitmqContender,
  redis: redisContender,
  kafka: kafkaContender,
  webhook: webhookContender,
};

/** Messages that are on their way to the broker at the same time, of both contenders. */
const inFlight = 256;

interface Measured {
  readonly name: string;
  readonly ours: Spread;
  readonly bare: Spread;
  readonly ratio: Spread;
  /** From the commit to the consumer, at a rate that the broker hardly notices; milliseconds. */
  readonly lagMs: { readonly p50: number; readonly p99: number };
}

/** What each transport publishes, against a bare publisher with the same client. */
export async function benchTransports(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const lives = settings.isQuick ? 300 : 3_000;
  const store = await filledStore(lives);
  const events = await eventsOf(store, lives * eventsPerLife);
  const measured: Measured[] = [];
  for (const name of Object.keys(contenders)) {
    measured.push(await measure(name, store, events, settings));
  }
  return report(measured, events.length);
}

/** Orders whose events are to be published, one after the other of each order. */
async function filledStore(lives: number): Promise<OrderStore> {
  const store = createMemoryStore();
  const engine = await createOrderEngine({ store: outliving(store) });
  await live(engine, newLives(lives));
  await engine.close();
  return store;
}

/** A store that does not end with an engine on it. */
function outliving(store: OrderStore): OrderStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'close') return async () => {};
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

async function eventsOf(store: OrderStore, count: number): Promise<readonly OrderEvent[]> {
  const entries = await store.feed(0, 0, count);
  check('events to publish', entries.length, count);
  return entries.map(({ event }) => event);
}

async function measure(
  name: string,
  store: OrderStore,
  events: readonly OrderEvent[],
  { isQuick, progress }: BenchmarkSettings,
): Promise<Measured> {
  const rounds = isQuick ? 2 : 5;
  const ours: number[] = [];
  const bare: number[] = [];
  const create = contenders[name];
  if (create === undefined) throw new Error(`There is no transport ${name}.`);
  await using contender = await create();
  // The first round warms everything up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    progress(`transports: ${name}, round ${round} of ${rounds}`);
    const turns = [
      async () => bare.push(await rateOfBare(contender, events)),
      async () => ours.push(await rateOfOurs(contender, store, `${name}-${round}`, events.length)),
    ];
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
      globalThis.gc?.();
      await turn();
    }
  }
  const [oursCounted, bareCounted] = [ours.slice(1), bare.slice(1)];
  const lags = await lagsOf(contender, isQuick ? 1 : 5);
  return {
    name,
    ours: spreadOf(oursCounted),
    bare: spreadOf(bareCounted),
    ratio: ratioOf(oursCounted, bareCounted),
    lagMs: { p50: percentile(lags, 0.5), p99: percentile(lags, 0.99) },
  };
}

/** It has the events in its hands, and writes the same messages of them. */
async function rateOfBare(contender: Contender, events: readonly OrderEvent[]): Promise<number> {
  const milliseconds = await millisecondsOf(() =>
    contender.publishBare(
      events.map((event) => orderEventMessage(event)),
      inFlight,
    ),
  );
  return (events.length * 1000) / milliseconds;
}

async function rateOfOurs(
  contender: Contender,
  store: OrderStore,
  name: string,
  count: number,
): Promise<number> {
  const engine = await createOrderEngine({ store: outliving(store) });
  const transport = contender.transport();
  const milliseconds = await millisecondsOf(async () => {
    await engine.startPublishing({ name, from: 'beginning', transport, concurrency: inFlight });
    await engine.idle();
  });
  check('messages published', engine.stats().messagesPublished, count);
  await engine.close();
  return (count * 1000) / milliseconds;
}

/** Waits between a commit and the consumer's getting the message, 20 lives a second. */
async function lagsOf(contender: Contender, seconds: number): Promise<readonly number[]> {
  const lags: number[] = [];
  const acks: Promise<void>[] = [];
  const committed = new Map<string, number>();
  const engine = await createOrderEngine();
  engine.on('*', ({ id }) => committed.set(id, performance.now()));
  const transport = contender.transport();
  await engine.startPublishing({ name: 'lag', from: 'beginning', transport });
  const consumption = await transport.consume?.({
    maximumInFlight: 1_000,
    deliver: (delivery) => {
      const { id } = delivery.message;
      const at = committed.get(id);
      if (at !== undefined) lags.push(performance.now() - at);
      committed.delete(id);
      acks.push(delivery.ack());
    },
    onError: () => {},
  });
  for (const life of newLives(20 * seconds)) {
    await live(engine, [life]);
    await sleep(50);
  }
  const deadline = performance.now() + 10_000;
  while (lags.length < 20 * seconds * eventsPerLife && performance.now() < deadline) {
    await sleep(5);
  }
  check('messages that came in', lags.length, 20 * seconds * eventsPerLife);
  await consumption?.stop();
  await Promise.all(acks);
  await consumption?.close();
  await engine.close();
  return lags;
}

function report(measured: readonly Measured[], messages: number): BenchmarkResult {
  return {
    data: { messages, inFlight, commandsPerLife, transports: measured },
    figures: measured.flatMap(({ name, ours, bare, ratio, lagMs }) => [
      { name: `${name}: ours`, value: formatSpread(ours, 'messages/s') },
      { name: `${name}: bare publisher`, value: formatSpread(bare, 'messages/s') },
      {
        name: `${name}: ours / bare`,
        value: formatSpread(ratio, 'of the bare one'),
        note: 'aim: 0.7 or more',
      },
      {
        name: `${name}: from commit to consumer`,
        value: `p50 ${formatNumber(lagMs.p50)} ms, p99 ${formatNumber(lagMs.p99)} ms`,
      },
    ]),
    limits:
      'JavaScript: ours reads the feed, keeps order per order, tries again, and moves its place; the ' +
      'bare one has the events in its hands and does none of that. Both write the same messages.',
  };
}
