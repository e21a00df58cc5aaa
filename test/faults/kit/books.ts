import { isDeepStrictEqual } from 'node:util';
import type { OrderEvent } from '../../../src/order/envelope.ts';
import type { Order } from '../../../src/order/order.ts';
import { compileRules } from '../../../src/rules/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { wholeFeed } from '../../../src/testing/conformance/given.ts';
import type { Acknowledgement } from './workload.ts';

/** What a store holds, and what is wrong with it. */
export interface Books {
  readonly events: readonly OrderEvent[];
  readonly orderCount: number;
  readonly losses: readonly string[];
}

const tenantId = 'default';
const pageSize = 200;

/**
 * Looks at everything that a store holds for the default tenant:
 * - the feed has no gap, and the versions of every order stand in it in their sequence;
 * - the history of an order is what the feed told of it;
 * - its events replay to the stored order, byte for byte (law L6);
 * - what was acknowledged is there, once; and every event's command is stored beside it.
 */
export async function checkBooks(
  store: OrderStore,
  answers: readonly Acknowledgement[],
): Promise<Books> {
  const losses: string[] = [];
  const events = await checkFeed(store, losses);
  const byOrder = Map.groupBy(events, ({ orderId }) => orderId);
  for (const page of pagesOf([...byOrder.keys()])) await checkOrders(store, page, byOrder, losses);
  await checkAnswers(
    store,
    answers,
    Map.groupBy(events, ({ causationId }) => causationId),
    losses,
  );
  return { events, orderCount: byOrder.size, losses };
}

async function checkFeed(store: OrderStore, losses: string[]): Promise<OrderEvent[]> {
  const entries = await wholeFeed(store);
  const versions = new Map<string, number>();
  const ends = new Map<number, number>();
  for (const { partition, position, event } of entries) {
    const { orderId, version } = event;
    const expected = (ends.get(partition) ?? 0) + 1;
    if (position !== expected) {
      losses.push(`feed ${partition}: position ${position} where ${expected} was due`);
    }
    ends.set(partition, position);
    const due = (versions.get(orderId) ?? 0) + 1;
    if (version !== due) losses.push(`feed: version ${version} of ${orderId} where ${due} was due`);
    versions.set(orderId, version);
  }
  for (const [partition, end] of ends) {
    const told = await store.feedEnd(partition);
    if (told !== end) losses.push(`feed ${partition}: its end is told as ${told}, and is ${end}`);
  }
  return entries.map(({ event }) => event);
}

const rules = compileRules({ extensions: [], policy: {}, maximumChartEntries: 10_000 });

async function checkOrders(
  store: OrderStore,
  orderIds: readonly string[],
  told: ReadonlyMap<string, readonly OrderEvent[]>,
  losses: string[],
): Promise<void> {
  const records = await store.load(orderIds.map((orderId) => ({ tenantId, orderId })));
  for (const [index, orderId] of orderIds.entries()) {
    const events = told.get(orderId) ?? [];
    const record = records[index];
    const history = await store.history({ tenantId, orderId }, 0, 100_000);
    if (!isDeepStrictEqual(history, events)) losses.push(`${orderId}: history and feed differ`);
    if (record?.version !== events.length) {
      losses.push(`${orderId}: version ${record?.version}, and ${events.length} events`);
    }
    if (!isDeepStrictEqual(record?.status, events.at(-1)?.status)) {
      losses.push(`${orderId}: its status is not that of its last event`);
    }
    let order: Order | undefined;
    for (const event of events) order = rules.replay(order, event);
    if (!isDeepStrictEqual(JSON.parse(JSON.stringify(order)), record?.order)) {
      losses.push(`${orderId}: its events do not replay to the order`);
    }
  }
}

async function checkAnswers(
  store: OrderStore,
  answers: readonly Acknowledgement[],
  byKey: ReadonlyMap<string | null, readonly OrderEvent[]>,
  losses: string[],
): Promise<void> {
  for (const { answer, problem } of await findWrong(store, answers, byKey)) {
    losses.push(`${answer.key} (acknowledged): ${problem}`);
  }
  // What an event caused was a handler's command; its key is not the cause alone.
  const eventIds = new Set([...byKey.values()].flat().map(({ id }) => id));
  const keys = [...byKey.keys()].filter((key) => key !== null && !eventIds.has(key));
  for (const page of pagesOf(keys as readonly string[])) {
    const commands = await findAll(store, page);
    for (const [index, key] of page.entries()) {
      if (commands[index] === undefined) losses.push(`${key}: it has events and no answer`);
    }
  }
}

/** An answer that a store does not bear out. */
export interface WrongAnswer {
  readonly answer: Acknowledgement;
  readonly problem: string;
}

/** The answers that are not what the store holds. */
export async function wrongAnswers(
  store: OrderStore,
  answers: readonly Acknowledgement[],
): Promise<readonly WrongAnswer[]> {
  const events = (await wholeFeed(store)).map(({ event }) => event);
  return findWrong(
    store,
    answers,
    Map.groupBy(events, ({ causationId }) => causationId),
  );
}

async function findWrong(
  store: OrderStore,
  answers: readonly Acknowledgement[],
  byKey: ReadonlyMap<string | null, readonly OrderEvent[]>,
): Promise<readonly WrongAnswer[]> {
  const wrong: WrongAnswer[] = [];
  for (const page of pagesOf(answers)) {
    const commands = await findAll(
      store,
      page.map(({ key }) => key),
    );
    for (const [index, answer] of page.entries()) {
      const problem = problemWith(answer, commands[index]?.orderId, byKey.get(answer.key) ?? []);
      if (problem !== undefined) wrong.push({ answer, problem });
    }
  }
  return wrong;
}

/** Whether what a caller was told is what is stored. */
function problemWith(
  { status, orderId, version, eventCount }: Acknowledgement,
  storedFor: string | undefined,
  events: readonly OrderEvent[],
): string | undefined {
  if (storedFor !== orderId) return 'its answer is not stored';
  const found = events.map((event) => event.version);
  const told = status === 'accepted' ? eventCount : 0;
  const expected = Array.from({ length: told }, (_, index) => version - told + index + 1);
  if (isDeepStrictEqual(found, expected)) return undefined;
  return `versions [${found}] are stored and [${expected}] were told`;
}

function findAll(store: OrderStore, keys: readonly string[]) {
  return store.findCommands(keys.map((key) => ({ tenantId, scope: 'default', key })));
}

function* pagesOf<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += pageSize) yield items.slice(at, at + pageSize);
}
