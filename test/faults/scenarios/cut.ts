import { Pool } from 'pg';
import {
  createOrderEngine,
  isOrderchartError,
  type OrderCommand,
  type OrderEngine,
  type OrderEvent,
} from '../../../src/index.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { wholeFeed } from '../../../src/testing/conformance/given.ts';
import { type Cut, TcpProxy } from '../../postgres/tcp-proxy.ts';
import { checkBooks } from '../kit/books.ts';
import { type Chance, chanceOf, seedFor } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { nameOf, postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';
import { type Acknowledgement, answerOf } from '../kit/workload.ts';

// Promise 6: connections are cut around the commit, before it reached the server, after, and in
// between. No command is called failed that was applied, and none of unknown outcome stays unknown
// to who repeats its key. With orders that several clients change, keys sent twice at once, and a
// subscription whose commands must be executed once, although its leases and checkpoints are cut too.

export const cut: FaultTest = {
  name: 'postgres-cut',
  promise: 'a connection cut around the commit never makes a command fail that was applied',
  run,
};

const cuts: readonly Cut[] = [
  'requestLost',
  'requestHalved',
  'cutAtOnce',
  'answerLost',
  'answerHalved',
];

/** What callers were told. */
interface Told {
  readonly answers: Acknowledgement[];
  /** Keys of which every attempt was called failed, and that were then given up. */
  readonly failed: string[];
  unknown: number;
}

async function run({ seed, scale, url }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = postgresTarget(url);
  const direct = await target.open();
  await using proxy = await TcpProxy.create(url);
  const config = {
    connectionString: proxy.url,
    max: 5,
    application_name: nameOf(target.schema, 'engine'),
  };
  const pool = new Pool(config);
  const engine = await createOrderEngine({
    store: createPostgresStore({ pool, schema: target.schema, warn: () => {} }),
    // Small batches, so that a cut hits few of many, and a cache that forgets.
    batchSize: 6,
    cacheSize: 4,
  });
  proxy.choose = ({ sql }) => {
    const isCommit = sql.includes('commit_batch');
    return chance.is(isCommit ? 0.15 : 0.02) ? chance.pick(cuts) : undefined;
  };
  const reactedTo = new Set<string>();
  const reactor: Parameters<typeof engine.subscribe<'order.annotated'>>[0] = {
    name: 'reactor',
    from: 'beginning',
    types: ['order.annotated'],
    retry: { initialDelayMs: 20, maximumDelayMs: 500 },
    handler: ({ id, orderId, data }) => {
      if (isReaction(data)) return [];
      reactedTo.add(id);
      const metadata = { note: `reaction to ${data.metadata['note']}` };
      return { type: 'order.annotate', orderId, metadata };
    },
  };
  await untilStarted(() => engine.subscribe(reactor));
  const told: Told = { answers: [], failed: [], unknown: 0 };
  const clients = Array.from({ length: 12 }, (_, index) =>
    client(engine, told, chanceOf(seedFor(seed, index)), { index, count: 25 * scale }),
  );
  await Promise.all(clients);
  proxy.choose = () => undefined;
  const due = (await wholeFeed(direct)).filter(({ event }) => isNote(event)).length;
  await until(() => reactedTo.size >= due, 'a reaction to every note').catch(() => {});
  await engine.close();
  await pool.end();
  await target.quiet();
  const { losses, events } = await checkBooks(direct, told.answers);
  const written = new Set(events.map(({ causationId }) => causationId));
  const lies = told.failed
    .filter((key) => written.has(key))
    .map((key) => `${key} was called failed and is stored`);
  return {
    faults: Object.fromEntries(
      cuts.map((kind) => [`cuts (${kind})`, proxy.cuts.filter((done) => done.cut === kind).length]),
    ),
    load: {
      'commands acknowledged': told.answers.length,
      'outcomes unknown at first': told.unknown,
      'failed and given up': told.failed.length,
    },
    losses: [...losses, ...lies, ...wrongReactions(events)],
  };
}

/** A cut may come here as well, and is told: then a host starts it once more. */
async function untilStarted(start: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await start();
      return;
    } catch (error) {
      if (!isOrderchartError(error) || !error.retryable) throw error;
    }
  }
}

function isReaction(data: object): boolean {
  const { note } = (data as { readonly metadata: { readonly note?: unknown } }).metadata;
  return typeof note === 'string' && note.startsWith('reaction to');
}

function isNote({ type, data }: OrderEvent): boolean {
  return type === 'order.annotated' && !isReaction(data);
}

/** The handler's commands: one for each note, in the sequence of the notes of their order. */
function wrongReactions(events: readonly OrderEvent[]): string[] {
  const losses: string[] = [];
  for (const [orderId, own] of Map.groupBy(events, (event) => event.orderId)) {
    const notes = own.filter(isNote).map(({ id }) => id);
    const reactions = own.filter(
      ({ type, data }) => type === 'order.annotated' && isReaction(data),
    );
    const causes = reactions.map(({ causationId }) => causationId);
    if (causes.join() !== notes.join()) {
      losses.push(
        `${orderId}: ${notes.length} notes, and ${causes.length} reactions or another order`,
      );
    }
  }
  return losses;
}

async function client(
  engine: OrderEngine,
  told: Told,
  chance: Chance,
  { index, count }: { readonly index: number; readonly count: number },
): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    const orderId = chance.is(0.3) ? `shared-${chance.between(1, 3)}` : `own-${index}`;
    await insist(engine, told, placing(orderId), `${orderId}/place`);
    const key = `${orderId}/${index}-${turn}`;
    const note = { type: 'order.annotate', orderId, metadata: { note: key } } as const;
    const isSentTwice = chance.is(0.2);
    const mayGiveUp = !isSentTwice && chance.is(0.5);
    const insisting = insist(engine, told, note, key, mayGiveUp);
    // The impatient kind of caller, who sends it again before there is an answer.
    if (isSentTwice) await insist(engine, told, note, key);
    await insisting;
  }
}

/** Repeats a command until there is an answer, or gives up after a failure. */
async function insist(
  engine: OrderEngine,
  told: Told,
  command: OrderCommand,
  key: string,
  mayGiveUp = false,
): Promise<void> {
  let wasCertain = true;
  for (;;) {
    try {
      const context = { idempotencyKey: key, causationId: key };
      told.answers.push(answerOf(key, await engine.execute(command, context)));
      return;
    } catch (error) {
      if (!isOrderchartError(error) || !error.retryable) throw error;
      if (error.code === 'outcomeUnknown') {
        told.unknown += 1;
        wasCertain = false;
      }
      if (wasCertain && mayGiveUp) {
        told.failed.push(key);
        return;
      }
    }
  }
}

function placing(orderId: string): OrderCommand {
  return {
    type: 'order.place',
    orderId,
    currency: 'EUR',
    lines: [{ id: 'line-1', quantity: 1, unitPrice: 1000 }],
  };
}
