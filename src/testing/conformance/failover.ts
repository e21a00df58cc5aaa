import assert from 'node:assert/strict';
import { systemClock } from '../../engine/kernel/clock.ts';
import { isOrderchartError } from '../../errors.ts';
import type { Lease, OrderStore, SeenEvent } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { commitOf, write } from './given.ts';

async function take(store: OrderStore): Promise<Lease> {
  const request = { subscription: 'mailer', partition: 0, owner: 'worker-1', now: 1_000 };
  const lease = await store.subscriptions.acquire({
    ...request,
    durationMs: 100,
    startPosition: 0,
  });
  assert.ok(lease, 'the lease is free');
  return lease;
}

async function refuses(work: () => Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => isOrderchartError(error, 'historyChanged'));
}

async function eventAt(store: OrderStore, position: number): Promise<SeenEvent> {
  const [entry] = await store.feed(0, position - 1, 1);
  assert.equal(entry?.position, position);
  return { position, eventId: entry.event.id };
}

async function checkpointOf(store: OrderStore): Promise<number | undefined> {
  return (await store.subscriptions.checkpoints('mailer'))[0]?.position;
}

function parkedEntry(position: number) {
  const [event] = commitOf().events;
  assert.ok(event);
  const rest = { error: 'no', attempts: 1, retryAt: null, requeues: 0, parkedAt: 9 };
  return { subscription: 'mailer', partition: 0, position, event, ...rest };
}

/** Leases as a holder may remember them after a failover lost the end of the history. */
async function untrue(store: OrderStore, lease: Lease): Promise<Readonly<Record<string, Lease>>> {
  const end = await store.feedEnd(0);
  return {
    'another history': { ...lease, history: lease.history + 1 },
    'a later revision': { ...lease, revision: lease.revision + 1 },
    'another event': { ...lease, seen: { position: 3, eventId: 'another' } },
    'an event beyond the end': { ...lease, seen: { position: end + 1, eventId: 'lost' } },
  };
}

export const failoverCases = filledCasesOf(
  'a history that changes',
  {
    'a page is returned to a reader that names the event at its position': async ({ store }) => {
      const { history } = await take(store);
      const seen = await eventAt(store, 3);
      const page = await store.feed(0, 3, 2, undefined, { history, eventId: seen.eventId });
      assert.deepEqual(
        page.map(({ position }) => position),
        [4, 5],
      );
      const end = await store.feedEnd(0);
      assert.deepEqual(await store.feed(0, end, 2, undefined, { history, eventId: undefined }), []);
    },

    'a page is refused if another event is at the position of the reader': async ({ store }) => {
      const { history } = await take(store);
      await refuses(() => store.feed(0, 3, 2, undefined, { history, eventId: 'another' }));
    },

    'a page is refused if the feed ends before the position of the reader': async ({ store }) => {
      const { history } = await take(store);
      const end = await store.feedEnd(0);
      await refuses(() => store.feed(0, end + 1, 2, undefined, { history, eventId: 'lost' }));
      await refuses(() => store.feed(0, end + 1, 2, undefined, { history, eventId: undefined }));
    },

    'a reader at the end can go on after the last events are purged': async ({ store }) => {
      const { subscriptions } = store;
      const { history } = await take(store);
      const end = await store.feedEnd(0);
      const { event } = (await store.feed(0, end - 1, 1))[0] ?? assert.fail('the feed has an end');
      const { tenantId, orderId } = event;
      const [present] = await store.load([event]);
      assert.ok(present);
      const { version: expectedVersion, revision: expectedRevision } = present;
      const archived = { eventCount: 0, archivedAt: 1, revision: 'archived' };
      await write(
        store,
        commitOf({ tenantId, orderId, expectedVersion, expectedRevision, ...archived }),
      );
      assert.equal((await store.purge({ archivedBefore: 5, limit: 10 })).orders, 1);
      assert.deepEqual(await store.feed(0, end - 1, 1), [], 'the last event is gone');
      for (const eventId of [event.id, undefined]) {
        assert.deepEqual(await store.feed(0, end, 2, undefined, { history, eventId }), []);
      }
      const seen = { position: end, eventId: event.id };
      const lease = await subscriptions.checkpoint({ ...(await take(store)), seen }, end);
      assert.ok(lease && (await subscriptions.renew({ ...lease, seen }, 1_050, 100)));
      assert.equal(await checkpointOf(store), end);
    },

    'a page is refused to a reader of another history': async ({ store }) => {
      const { history } = await take(store);
      const { eventId } = await eventAt(store, 3);
      await refuses(() => store.feed(0, 3, 2, undefined, { history: history + 1, eventId }));
    },

    'a checkpoint beyond the end of the feed is refused': async ({ store }) => {
      const lease = await take(store);
      const end = await store.feedEnd(0);
      await refuses(() => store.subscriptions.checkpoint(lease, end + 1));
      assert.equal(await checkpointOf(store), 0);
      assert.ok(await store.subscriptions.checkpoint(lease, end));
    },

    'a checkpoint is refused if the lease is of a lost history': async ({ store }) => {
      const lease = await take(store);
      for (const wrong of Object.values(await untrue(store, lease))) {
        await refuses(() => store.subscriptions.checkpoint(wrong, 2));
      }
      assert.equal(await checkpointOf(store), 0);
      const seen = await eventAt(store, 3);
      assert.ok(await store.subscriptions.checkpoint({ ...lease, seen }, 3));
    },

    'a lease of a lost history is not renewed': async ({ store }) => {
      const lease = await take(store);
      for (const wrong of Object.values(await untrue(store, lease))) {
        await refuses(() => store.subscriptions.renew(wrong, 1_050, 100));
      }
      assert.ok(await store.subscriptions.renew(lease, 1_050, 100));
    },

    'a lease is not given to an owner that knows a lost history': async ({ store }) => {
      const { subscriptions } = store;
      const lease = await take(store);
      const request = { ...lease, now: 1_050, durationMs: 100, startPosition: 0 };
      const wrongs = Object.values(await untrue(store, lease));
      for (const known of wrongs) await refuses(() => subscriptions.acquire({ ...request, known }));
      // Nothing was taken, and others who have the lease are no reason not to look.
      const later = { ...request, owner: 'worker-2' };
      for (const known of wrongs) await refuses(() => subscriptions.acquire({ ...later, known }));
      assert.equal(await subscriptions.acquire({ ...later, known: lease }), undefined);
      const seen = await eventAt(store, 3);
      const again = await subscriptions.acquire({ ...request, known: { ...lease, seen } });
      assert.equal(again?.revision, lease.revision + 1);
      const elsewhere = { ...request, subscription: 'lost', known: lease };
      await refuses(() => subscriptions.acquire(elsewhere));
      assert.deepEqual(await subscriptions.checkpoints('lost'), []);
    },

    'what an owner knows is checked for each of several that acquire at once': async ({
      store,
    }) => {
      const { subscriptions } = store;
      const lease = await take(store);
      const request = { ...lease, now: 1_050, durationMs: 100, startPosition: 0 };
      const [wrong, right, first] = await Promise.allSettled([
        subscriptions.acquire({ ...request, known: { ...lease, history: lease.history + 1 } }),
        subscriptions.acquire({ ...request, known: lease }),
        subscriptions.acquire({ ...request, subscription: 'another' }),
      ]);
      assert.equal(wrong.status, 'rejected');
      assert.ok(right.status === 'fulfilled' && right.value);
      assert.ok(first.status === 'fulfilled' && first.value);
    },

    'nothing is parked or unparked if the lease is of a lost history': async ({ store }) => {
      const { subscriptions } = store;
      const lease = await take(store);
      const entry = parkedEntry(1);
      const wrongs = Object.values(await untrue(store, lease));
      for (const wrong of wrongs) await refuses(() => subscriptions.park(wrong, [entry]));
      assert.deepEqual(await subscriptions.parked('mailer', 9), []);
      const parked = await subscriptions.park(lease, [entry]);
      assert.ok(parked);
      for (const wrong of Object.values(await untrue(store, parked))) {
        await refuses(() => subscriptions.unpark(wrong, entry.event.id));
      }
      assert.equal((await subscriptions.parked('mailer', 9)).length, 1);
      assert.ok(await subscriptions.unpark(parked, entry.event.id));
      assert.deepEqual(await subscriptions.parked('mailer', 9), []);
    },

    'every write under a lease raises its revision, and so does acquiring it': async ({
      store,
    }) => {
      const { subscriptions } = store;
      const entry = parkedEntry(1);
      const revisions: number[] = [];
      const note = (lease: Lease | undefined): Lease => {
        assert.ok(lease);
        revisions.push(lease.revision);
        return lease;
      };
      let lease = note(await take(store));
      lease = note(await subscriptions.renew(lease, 1_010, 100));
      lease = note(await subscriptions.checkpoint(lease, 2));
      lease = note(await subscriptions.park(lease, [entry]));
      lease = note(await subscriptions.unpark(lease, entry.event.id));
      note(await take(store));
      assert.deepEqual(
        revisions,
        revisions.map((_, index) => (revisions[0] ?? 0) + index),
      );
    },

    'a write under a lease raises its revision even if it changes nothing': async ({ store }) => {
      const { subscriptions } = store;
      const { project } = subscriptions;
      const entry = parkedEntry(1);
      const writes: Readonly<Record<string, (lease: Lease) => Promise<Lease | undefined>>> = {
        renew: (lease) => subscriptions.renew(lease, 1_000, 100),
        checkpoint: (lease) => subscriptions.checkpoint(lease, 2),
        park: (lease) => subscriptions.park(lease, [entry]),
        unpark: (lease) => subscriptions.unpark(lease, 'not parked'),
        acquire: () => take(store),
        ...(project && { project: (lease) => project.call(subscriptions, lease, async () => 2) }),
      };
      let lease = await take(store);
      for (const [name, write] of Object.entries(writes)) {
        for (const time of ['first', 'second']) {
          const written = await write(lease);
          assert.ok(written && written.revision > lease.revision, `the ${time} ${name}`);
          lease = written;
        }
      }
    },

    'no change is reported while the history stays the same, and watching may be ended twice':
      async ({ store }) => {
        if (store.watchHistory === undefined) return;
        const reported: unknown[] = [];
        const end = store.watchHistory((error) => reported.push(error));
        const endOther = store.watchHistory(() => {});
        endOther();
        endOther();
        const lease = await take(store);
        await write(store, commitOf({ orderId: 'watched' }));
        assert.ok(await store.subscriptions.checkpoint(lease, 2));
        assert.deepEqual(reported, []);
        end();
        end();
      },

    'raiseHistory returns the number of the history unchanged while it is above the given one':
      async ({ store }) => {
        const lease = await take(store);
        const number = (await store.raiseHistory?.(lease.history)) ?? lease.history;
        for (const above of [0, number - 1, 0]) {
          assert.equal(await store.raiseHistory?.(above), number);
        }
        assert.ok(await store.subscriptions.checkpoint(await take(store), 2));
        assert.equal((await take(store)).history, number, 'no lease was lost');
      },

    'raiseHistory raises the number above the given one, and older leases are refused': async ({
      store,
    }) => {
      assert.ok(store.raiseHistory, 'the features say failover, so there is `raiseHistory`');
      const lease = await take(store);
      assert.equal(await store.raiseHistory(lease.history - 1), lease.history);
      const raised = await store.raiseHistory(lease.history);
      assert.ok(raised > lease.history);
      await refuses(() => store.subscriptions.checkpoint(lease, 2));
      assert.equal((await take(store)).history, raised);
      assert.ok((await store.raiseHistory(raised + 1_000)) > raised + 1_000);
    },

    'raiseHistory returns no number that a restored backup may count to': async ({ store }) => {
      if (!store.features.durable) return;
      const { history } = await take(store);
      const before = systemClock.now();
      const raised = await store.raiseHistory?.(history);
      // The clock of the store's machine may differ.
      const hourMs = 3_600_000;
      assert.ok(raised && raised >= before - hourMs, `${raised} is not before ${before}`);
      const next = await store.raiseHistory?.(raised);
      assert.ok(next && next > raised, `${next} is above ${raised}`);
    },
  },
  'failover',
);
