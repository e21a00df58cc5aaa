import type { OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock, type MovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/testing/random.ts';
import { place, testEngine } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';

const second = 1000;
const hour = 3_600_000;
const policy = { unpaidTimeoutMs: hour };

/** What became of the commits that fire deadlines, and how often what is due was looked up. */
function counted(inner: OrderStore) {
  const counts = { tried: 0, fired: 0, looks: 0 };
  const store = changed(inner, {
    commit: async (commits) => {
      const outcomes = await inner.commit(commits);
      for (const [index, { command, record }] of commits.entries()) {
        if (command?.scope !== 'timer' || record === undefined) continue;
        counts.tried += 1;
        if (outcomes[index]?.status === 'committed') counts.fired += 1;
      }
      return outcomes;
    },
    due: async (now, limit) => {
      counts.looks += 1;
      return inner.due(now, limit);
    },
  });
  return { store, counts };
}

/** Engines on one store and one clock. */
async function engines(count: number, store: OrderStore, clock = createMovableClock()) {
  const all: OrderEngine[] = [];
  for (let index = 0; index < count; index += 1) {
    const random = seededRandom(index + 1);
    all.push((await testEngine({ store, clock, policy, random })).engine);
  }
  const settle = async () => {
    for (const engine of all) await engine.idle();
  };
  return {
    all,
    clock,
    pass: (durationMs: number) => clock.runTo(clock.now() + durationMs, settle),
  };
}

async function placeAll(engine: OrderEngine | undefined, prefix: string, count: number) {
  await Promise.all(
    Array.from({ length: count }, (_, index) => engine?.execute(place(`${prefix}-${index}`))),
  );
}

/** All clocks at once to a moment; what follows from that goes on side by side. */
async function jump(clock: MovableClock, all: readonly OrderEngine[], at: number) {
  clock.advanceTo(at);
  await Promise.all(all.map((engine) => engine.idle()));
}

async function expiredCount(store: OrderStore): Promise<number> {
  const status = { lifecycle: 'expired' };
  return (await store.list({ tenantId: 'default', status, limit: 10_000 })).records.length;
}

describe('deadlines of several engines', () => {
  it('fire once each, and few are tried for twice once the engines know of each other', async () => {
    const { store, counts } = counted(partitionedStore(1));
    const { all, clock, pass } = await engines(3, store);
    await placeAll(all[0], 'first', 300);
    await jump(clock, all, clock.now() + hour);
    await pass(4 * second);
    expect(await expiredCount(store)).toBe(300);
    expect(counts.fired).toBe(300);
    // They have met, and share from now on.
    await pass(10 * second);
    counts.tried = 0;
    counts.fired = 0;
    await placeAll(all[0], 'second', 2000);
    await pass(hour - 1);
    await jump(clock, all, clock.now() + 1);
    await pass(4 * second);
    expect(await expiredCount(store)).toBe(2300);
    expect(counts.fired).toBe(2000);
    expect(counts.tried).toBeLessThanOrEqual(2100);
    const fired = all.map((engine) => engine.stats().timersFired);
    expect(fired.reduce((sum, each) => sum + each, 0)).toBe(2300);
    expect(Math.min(...fired)).toBeGreaterThan(400);
  });

  it('waste little even before the engines know of each other', async () => {
    const { store, counts } = counted(partitionedStore(1));
    const { all, clock, pass } = await engines(4, store);
    await placeAll(all[0], 'order', 1000);
    await jump(clock, all, clock.now() + hour);
    await pass(4 * second);
    expect(counts.fired).toBe(1000);
    expect(counts.tried).toBeLessThanOrEqual(1600);
  });

  it('of an engine that is gone are fired by the others, a second or so later', async () => {
    const { store } = counted(partitionedStore(1));
    const clock = createMovableClock();
    const { all, pass } = await engines(2, store, clock);
    await placeAll(all[0], 'first', 300);
    await jump(clock, all, clock.now() + hour);
    await pass(10 * second);
    // One freezes: it still counts, and fires nothing.
    const frozen = createMovableClock(clock.now());
    const join = (owner: string) =>
      store.subscriptions.join({
        subscription: 'orderchart/timers',
        owner,
        now: frozen.now(),
        durationMs: 100 * hour,
      });
    expect(await join('frozen')).toHaveLength(3);
    await placeAll(all[0], 'second', 300);
    await pass(hour - 1);
    await jump(clock, all, clock.now() + 1);
    const atOnce = (await expiredCount(store)) - 300;
    expect(atOnce).toBeGreaterThan(100);
    expect(atOnce).toBeLessThan(300);
    await pass(2 * second);
    expect(await expiredCount(store)).toBe(600);
  });

  it('that an engine has set which died fire within seconds', async () => {
    const { store } = counted(partitionedStore(1));
    const { all, clock, pass } = await engines(1, store);
    await pass(hour);
    // It has set a deadline, and died: its clock stands still.
    const { engine: dead } = await testEngine({ store, clock: createMovableClock(clock.now()) });
    await dead.execute(place('order-1', { policy: { unpaidTimeoutMs: 10 } }));
    const dueAt = clock.now() + 10;
    await pass(5 * second + 10);
    const { orders } = await (all[0] as OrderEngine).list({ status: { lifecycle: 'expired' } });
    expect(orders).toHaveLength(1);
    expect(orders[0]?.updatedAt).toBeLessThanOrEqual(dueAt + 5 * second);
  });

  it('are not looked up in a loop by those that have lost the race', async () => {
    const { store, counts } = counted(partitionedStore(1));
    const { all, clock, pass } = await engines(4, store);
    await placeAll(all[0], 'order', 64);
    await pass(10 * second);
    await jump(clock, all, clock.now() + hour);
    counts.looks = 0;
    await pass(60 * second);
    // Each looks every five seconds at the least.
    expect(counts.looks).toBeGreaterThanOrEqual(4 * 12);
    expect(counts.looks).toBeLessThanOrEqual(4 * 20);
  });

  it('are all fired by an engine that has them for itself again', async () => {
    const { store } = counted(partitionedStore(1));
    const { all, clock, pass } = await engines(2, store);
    await placeAll(all[0], 'first', 200);
    await jump(clock, all, clock.now() + hour);
    await pass(10 * second);
    await all[1]?.close();
    await pass(6 * second);
    await placeAll(all[0], 'second', 200);
    await jump(clock, all.slice(0, 1), clock.now() + hour);
    expect(await expiredCount(store)).toBe(400);
  });

  it('cost an engine that is alone next to no word to the store about itself', async () => {
    const inner = partitionedStore(1);
    let joins = 0;
    const store = changed(
      inner,
      {},
      {
        join: (request) => {
          joins += 1;
          return inner.subscriptions.join(request);
        },
      },
    );
    const { all, clock, pass } = await engines(1, store);
    await placeAll(all[0], 'order', 32);
    await pass(2 * hour);
    expect(await expiredCount(store)).toBe(32);
    expect(joins).toBe(0);
    // A few when there is much to fire, in case that others are at it too.
    await placeAll(all[0], 'more', 600);
    await jump(clock, all, clock.now() + hour);
    await pass(2 * hour);
    expect(await expiredCount(store)).toBe(632);
    expect(joins).toBeLessThanOrEqual(5);
  });
});
