import { setTimeout as delay } from 'node:timers/promises';
import { checkBooks } from '../kit/books.ts';
import { checkEffects, checkSequence, countRepetitions } from '../kit/broker-books.ts';
import {
  type Broker,
  startKafka,
  startNats,
  startRabbitmq,
  startRedis,
  startWebhook,
} from '../kit/brokers.ts';
import { type Chance, chanceOf } from '../kit/chance.ts';
import { checkDeliveries, readDeliveries } from '../kit/deliveries.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { readEffects } from '../kit/file-inbox.ts';
import { estateOf } from '../kit/finish.ts';
import { publicationName } from '../kit/publishing.ts';
import { postgresTarget, type Target } from '../kit/target.ts';
import { until } from '../kit/until.ts';
import { concurrency, leaseDurationMs, Stage } from './broker-stage.ts';

// Promise 10, through the whole engine: two engine processes on Postgres execute commands and
// publish, a consumer in a process of its own writes down what it gets. The broker goes away under
// load and comes back; a publisher is killed with messages on their way; another is frozen in front
// of its next message until its successor has published that and more, and wakes.

/** One test for each broker. */
export const brokerTests = {
  nats: brokerTest('nats', startNats),
  redis: brokerTest('redis', startRedis),
  rabbitmq: brokerTest('rabbitmq', startRabbitmq),
  kafka: brokerTest('kafka', startKafka),
  webhook: brokerTest('webhook', startWebhook),
} as const;

/** Events of a partition that are read and not done, at most: what the engine says. */
const windowSize = 1_000;

/** @param lies For the test that this test finds losses. */
export function brokerTest(
  name: string,
  startBroker: () => Promise<Broker>,
  { lies = false } = {},
): FaultTest {
  return {
    name: `broker-${name}`,
    promise: `a broker that goes away and publishers that die or sleep lose nothing: ${name}`,
    run: (round) => run(round, startBroker, lies),
  };
}

async function run(
  { seed, scale, url, progress }: Round,
  startBroker: () => Promise<Broker>,
  lies: boolean,
): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = postgresTarget(url);
  await using broker = await startBroker();
  await using stage = new Stage({ target, broker, chance, lies, progress });
  await stage.consumer.start();
  await stage.startPublisher();
  await stage.startPublisher();
  const outages = broker.outages(stage.consumer);
  // Each way of being away has its turn, over rounds as well.
  for (let count = 0; count < scale; count += 1) {
    await beAway(stage, outages[(seed + count) % outages.length] ?? outages[0], chance, scale);
    await killPublisher(stage, chance);
    await freezePublisher(stage, chance, count);
  }
  return await settle(stage, target, broker);
}

async function beAway(
  stage: Stage,
  outage: ReturnType<Broker['outages']>[0],
  chance: Chance,
  scale: number,
): Promise<void> {
  await stage.load(5, 40);
  await outage.begin();
  stage.fault(outage.name);
  await delay(chance.between(100, 1_000));
  await stage.load(50, 50 * scale);
  const waiting = stage.tail.undelivered(stage.answers);
  const eventCount = waiting.reduce((sum, answer) => sum + answer.eventCount, 0);
  stage.peak('events that waited for a broker', eventCount);
  await outage.end();
  const tookMs = await stage.drains(`after the end of ${outage.name}`);
  stage.peak('ms until all of them were delivered', Math.round(tookMs));
}

/** What it had sent and not heard of is with the other by then. */
async function killPublisher(stage: Stage, chance: Chance): Promise<void> {
  await stage.load(5, 40);
  const victim = chance.pick(stage.running);
  await victim.trap({ when: 'sent', signal: 'SIGKILL' });
  stage.fault('kills of a publisher');
  await stage.drains('of a publisher that was killed', victim.answers);
  await stage.startPublisher();
}

async function freezePublisher(stage: Stage, chance: Chance, count: number): Promise<void> {
  await stage.load(5, 20);
  const sleeper = chance.pick(stage.running);
  const others = stage.running.filter((process) => process !== sleeper);
  // By turns in front of a message, and wherever it happens to be.
  if (count % 2 === 0) await sleeper.trap({ when: 'before', signal: 'SIGSTOP' });
  else sleeper.freeze();
  stage.fault('freezes of a publisher');
  await delay(leaseDurationMs + chance.between(100, 1_000));
  await Promise.all(others.map((process) => process.acknowledges(20)));
  await stage.drains('of a publisher that sleeps', sleeper.answers);
  sleeper.thaw();
  await sleeper.acknowledges(1);
}

/** Ends all processes, has the rest delivered, and looks for losses. */
async function settle(stage: Stage, target: Target, broker: Broker): Promise<Findings> {
  const endings = await Promise.all(stage.running.map((process) => process.terminate()));
  for (const { code, signal } of endings) {
    if (code !== 0) stage.losses.push(`a publisher ended with code ${code}, signal ${signal}`);
  }
  await target.quiet();
  const store = await target.open();
  const { events, losses, orderCount } = await checkBooks(store, stage.answers);
  const last = await stage.startPublisher({ clients: 0 });
  // When it does not come about, what is missing is told below.
  await until(() => stage.tail.count >= events.length, 'every event', stage.patienceMs).catch(
    () => {},
  );
  await last.terminate();
  await stage.consumer.end();
  const { answers, defects } = estateOf(stage.processes);
  const parked = await store.subscriptions.parkedLanes({
    subscription: publicationName,
    limit: 10,
  });
  const deliveries = readDeliveries(target.deliveries);
  const { repeated, behind } = countRepetitions(deliveries);
  const stored = await broker.stored?.();
  return {
    faults: stage.faults,
    load: {
      'commands acknowledged': answers.length,
      orders: orderCount,
      events: events.length,
      deliveries: deliveries.length,
      duplicates: repeated,
      'of them behind newer ones': behind,
    },
    peaks: { ...stage.peaks, ...windows(stage) },
    losses: [
      ...losses,
      ...stage.losses,
      ...defects,
      ...stage.consumer.defects,
      ...parked.map(({ orderId }) => `${orderId} is parked`),
      ...checkDeliveries(deliveries, events),
      ...checkEffects(readEffects(stage.effects), events),
      ...(stored === undefined ? [] : checkSequence('the broker', stored, events)),
      ...checkWindows(stage),
    ],
  };
}

function windows(stage: Stage): Record<string, number> {
  const { messages, events, heap } = stage.publishingPeaks;
  return {
    'messages in flight': messages,
    'events of a partition in flight': events,
    'MB on a heap': Math.round(heap / 1e6),
  };
}

function checkWindows(stage: Stage): readonly string[] {
  const { messages, events } = stage.publishingPeaks;
  const losses: string[] = [];
  if (messages > concurrency) losses.push(`${messages} messages were in flight at a time`);
  if (events > windowSize) losses.push(`${events} events of a partition were in flight at a time`);
  return losses;
}
