import assert from 'node:assert/strict';
import type { OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, noon, write } from './given.ts';
import { parkedEvent } from './parking-given.ts';

/** Names that start like one another, or that match one another as patterns. */
const alikeNames: readonly string[] = [
  ...['mail', 'mai', 'mailer', 'mail ', 'mail-2', 'mail:2', 'mail/2', 'mail|2'],
  ...['mail%', 'm%', 'm___', '%', 'mail*', 'm.*', '*'],
];

const { event } = parkedEvent();

/** Gives a subscription a checkpoint, a filter, a member and a parked event. */
async function setUp({ subscriptions }: OrderStore, subscription: string): Promise<void> {
  const owner = 'worker-1';
  const time = { now: noon, durationMs: 100 };
  const place = { subscription, partition: 0, owner, startPosition: 3 };
  const lease = await subscriptions.acquire({ ...place, ...time });
  assert.ok(lease, `the lease of ${subscription} is free`);
  await subscriptions.park(lease, [parkedEvent({}, { subscription, error: subscription })]);
  await subscriptions.claimFilter(subscription, `filter of ${subscription}`);
  await subscriptions.join({ subscription, owner, ...time });
}

async function contentOf({ subscriptions }: OrderStore, subscription: string): Promise<unknown> {
  const member = { subscription, owner: 'worker-2', now: noon + 1, durationMs: 10 };
  const owners = await subscriptions.join(member);
  await subscriptions.leave(subscription, 'worker-2');
  return {
    owners,
    filter: await subscriptions.claimFilter(subscription, 'another filter'),
    checkpoints: await subscriptions.checkpoints(subscription),
    parked: await subscriptions.parked(subscription, 9),
    lanes: await subscriptions.parkedLanes({ subscription, limit: 9 }),
  };
}

/** Every call that changes a subscription without its lease; the last one removes it. */
async function changeAll({ subscriptions }: OrderStore, subscription: string): Promise<void> {
  assert.equal(await subscriptions.requeue(subscription), 1);
  await subscriptions.rewind(subscription, 0, 5);
  await subscriptions.leave(subscription, 'worker-1');
  assert.equal(await subscriptions.skip(subscription, event.id), true);
  assert.equal(await subscriptions.remove(subscription, noon + 1_000), true);
}

export const alikeNameCases = casesOf('odd names', {
  'changing or removing a subscription leaves others alone whose names start like it or match it':
    async ({ store }) => {
      const before = new Map<string, unknown>();
      for (const name of alikeNames) {
        await setUp(store, name);
        before.set(name, await contentOf(store, name));
      }
      for (const name of alikeNames) {
        await changeAll(store, name);
        for (const other of alikeNames) {
          if (other === name) continue;
          const what = `${other} after removing ${name}`;
          assert.deepStrictEqual(await contentOf(store, other), before.get(other), what);
        }
        assert.deepEqual(await store.subscriptions.parked(name, 9), []);
        await setUp(store, name);
      }
    },

  'purging an order leaves others alone whose names or tenants start like it or match it': async ({
    store,
  }) => {
    const commits = [
      ...alikeNames.map((orderId) => commitOf({ orderId, number: orderId, archivedAt: 1 })),
      ...alikeNames.map((tenantId) => commitOf({ tenantId, number: 'N-1', archivedAt: 1 })),
    ];
    await write(store, ...commits);
    for (const [index, commit] of commits.entries()) {
      const request = { archivedBefore: 2, orders: [commit], limit: 9 };
      assert.deepEqual(await store.purge(request), { commands: 0, orders: 1 });
      assert.deepEqual(await store.history(commit, 0, 9), []);
      const rest = commits.slice(index + 1);
      const records = rest.map(({ record }) => record);
      assert.deepStrictEqual(await store.load(rest), records, `after purging ${commit.orderId}`);
      for (const { tenantId, orderId, events, record } of rest) {
        assert.deepStrictEqual(await store.history({ tenantId, orderId }, 0, 9), events);
        assert.equal(await store.findByNumber(tenantId, record?.number ?? ''), orderId);
      }
    }
  },
});
