import assert from 'node:assert/strict';
import type { FeedEntry, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, noon, upTo, wholeFeed, write } from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

const { tenantId } = firstOrder;
const second = { tenantId, orderId: 'order-2' };
const keys = ['key-1', 'key-2'].map((key) => ({ tenantId, scope: 'requests', key }));

const byId = ({ event: one }: FeedEntry, { event: other }: FeedEntry) =>
  one.id < other.id ? -1 : 1;

/** Adds up over the partitions, because stores may distribute the orders in different ways. */
async function sumOf(
  { features }: OrderStore,
  read: (partition: number) => Promise<number>,
): Promise<number> {
  const numbers = await Promise.all(upTo(features.partitions).map((number) => read(number - 1)));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** The reads of the port that show what the steps write. */
const reads: Readonly<Record<string, (store: OrderStore) => Promise<unknown>>> = {
  load: (store) => store.load([firstOrder, second]),
  findByNumber: (store) => store.findByNumber(tenantId, 'N-1'),
  findCommands: (store) => store.findCommands(keys),
  history: (store) => store.history(firstOrder, 0, 9),
  list: (store) => store.list({ tenantId, limit: 9 }),
  'list by status': (store) => store.list({ tenantId, limit: 9, status: { lifecycle: 'placed' } }),
  'list by nested status': (store) =>
    store.list({ tenantId, limit: 9, status: { review: 'open' } }),
  'list by customer': (store) => store.list({ tenantId, limit: 9, customerId: 'customer-1' }),
  feed: async (store) => (await wholeFeed(store)).toSorted(byId).map(({ event }) => event),
  feedEnd: (store) => sumOf(store, (partition) => store.feedEnd(partition)),
  feedPositionAt: (store) =>
    sumOf(store, (partition) => store.feedPositionAt(partition, noon + 1_000)),
  due: (store) => store.due(1_000, 9),
  nextDueAt: (store) => store.nextDueAt(),
  'nextDueAt after a time': (store) => store.nextDueAt(10),
  archived: (store) => store.archived(1_000, 9),
  checkpoints: ({ subscriptions }) => subscriptions.checkpoints('mailer'),
  parked: ({ subscriptions }) => subscriptions.parked('mailer', 9),
  'parked of one order': ({ subscriptions }) => subscriptions.parked('mailer', 9, firstOrder),
  parkedLanes: ({ subscriptions }) =>
    subscriptions.parkedLanes({ subscription: 'mailer', limit: 9 }),
};

async function readAll(store: OrderStore): Promise<Readonly<Record<string, unknown>>> {
  const answers: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(reads)) answers[name] = await read(store);
  return answers;
}

const placed = {
  ...{ number: 'N-1', customerId: 'customer-1', key: 'key-1' },
  deadlines: [{ name: 'first', dueAt: 10 }],
};
const inReview = { lifecycle: 'done', review: { open: 'waiting' } };
const changed = { number: 'N-1', customerId: 'customer-2', status: inReview };

/** One after the other; each changes what some of the reads return. */
const steps: Readonly<Record<string, (store: OrderStore) => Promise<unknown>>> = {
  'placing an order': (store) => write(store, commitOf(placed)),
  'changing it without an event': (store) =>
    write(
      store,
      commitOf({
        ...{ ...changed, expectedVersion: 1, eventCount: 0, revision: 'without an event' },
        ...{ order: { total: 2 }, deadlines: [{ name: 'second', dueAt: 10 }] },
      }),
    ),
  'placing another one': (store) =>
    write(
      store,
      commitOf({
        ...{ orderId: 'order-2', key: 'key-2', customerId: 'customer-1', recordedAt: noon + 1 },
        ...{ status: { review: { open: 'called' } }, deadlines: [{ name: 'third', dueAt: 20 }] },
      }),
    ),
  'parking an event': async (store) => store.subscriptions.park(await take(store), [parkedEvent()]),
  'requeueing it': ({ subscriptions }) => subscriptions.requeue('mailer'),
  'rewinding the subscription': ({ subscriptions }) => subscriptions.rewind('mailer', 0, 7),
  'skipping the event': ({ subscriptions }) => subscriptions.skip('mailer', parkedEvent().event.id),
  'archiving the order': (store) =>
    write(
      store,
      commitOf({
        ...{ ...changed, expectedVersion: 1, expectedRevision: 'without an event' },
        archivedAt: 20,
      }),
    ),
  'purging it': (store) => store.purge({ archivedBefore: 21, commandsBefore: noon + 1, limit: 9 }),
  'placing it again': (store) => write(store, commitOf({ ...placed, order: { total: 3 } })),
};

export const readAgainCases = casesOf('reading again', {
  'a repeated read returns what was written since the first one': async ({ store, fresh }) => {
    const done: (typeof steps)[string][] = [];
    let before = await readAll(store);
    for (const [name, step] of Object.entries(steps)) {
      await step(store);
      done.push(step);
      // The same on a store that was never read before.
      const other = await fresh();
      for (const each of done) await each(other);
      const after = await readAll(store);
      assert.deepStrictEqual(after, await readAll(other), `after ${name}`);
      assert.notDeepStrictEqual(after, before, `${name} changes something`);
      before = after;
    }
  },
});

export const sharedReadAgainCases = casesOf(
  'two handles on one store',
  {
    'a read that one handle repeats returns what the other one wrote since': async ({
      store,
      share,
    }) => {
      const writer = await share();
      await readAll(store);
      for (const [name, step] of Object.entries(steps)) {
        await step(writer);
        const newcomer = await share();
        assert.deepStrictEqual(await readAll(store), await readAll(newcomer), `after ${name}`);
        await newcomer.close();
      }
    },
  },
  'shared',
);
