import { PermanentHandlerError } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Group, leaseDurationMs } from './group.ts';
import { annotate, gate, place, testEngine, turns } from './kit.ts';
import { partitionedStore } from './partitioned-store.ts';

describe('engines that hand partitions over', () => {
  it('take over at the next beat from one that closes, without waiting for its leases', async () => {
    const group = new Group();
    await group.join();
    await group.join();
    await group.pass(2000);
    await group.members[0]?.engine.close();
    await group.pass(1000);
    expect(group.partitionsOf(1)).toHaveLength(16);
  });

  it('take over from one that is gone without a word when its lease has ended', async () => {
    const group = new Group();
    // The first one freezes: its own clock stands still, and nothing of it moves.
    const frozen = createMovableClock(group.clock.now());
    const { engine } = await testEngine({ store: group.store, clock: frozen, leaseDurationMs });
    await engine.subscribe({ name: 'mailer', from: 'beginning', handler: () => {} });
    await group.join();
    await group.pass(leaseDurationMs - 2000);
    expect(group.partitionsOf(0)).toEqual([]);
    await group.pass(4000);
    expect(group.partitionsOf(0)).toHaveLength(16);
  });

  it('keep the order of events of an order, whoever comes and goes', async () => {
    const group = new Group();
    group.handle = () => turns(3);
    const first = await group.join();
    const ids = Array.from({ length: 32 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => first.execute(place(id))));
    const steps = [
      () => group.join(),
      () => group.join(),
      () => group.members[1]?.engine.close(),
      () => group.join(),
      () => group.members[2]?.engine.close(),
    ];
    for (const [index, step] of steps.entries()) {
      const writing = ids.map((id) => first.execute(annotate(id, `${index}`)));
      await step();
      await group.pass(700);
      await Promise.all(writing);
    }
    await group.pass(20_000);
    for (const id of ids) {
      const versions = group.told.filter(({ orderId }) => orderId === id).map((one) => one.version);
      // Told again is allowed, from where the one before had got to; skipped or swapped is not.
      const seen: number[] = [];
      for (const version of versions) {
        expect(version).toBeLessThanOrEqual((seen.at(-1) ?? 0) + 1);
        seen.push(version);
      }
      expect(Math.max(...seen)).toBe(6);
    }
    expect(await group.store.subscriptions.checkpoints('mailer')).toHaveLength(16);
  });

  it('never handle two events of one order at the same time, also while they hand over', async () => {
    const group = new Group();
    const running = new Set<string>();
    const overlaps: string[] = [];
    group.handle = async ({ orderId }) => {
      if (running.has(orderId)) overlaps.push(orderId);
      running.add(orderId);
      await turns(7);
      running.delete(orderId);
    };
    const first = await group.join();
    const ids = Array.from({ length: 16 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => first.execute(place(id))));
    for (let step = 0; step < 6; step += 1) {
      const writing = ids.map((id) => first.execute(annotate(id, `${step}`)));
      if (step % 2 === 0) await group.join();
      else await group.members[step]?.engine.close();
      await group.pass(900);
      await Promise.all(writing);
    }
    await group.pass(20_000);
    expect(overlaps).toEqual([]);
  });

  it('finish what is in hand before they give a partition back', async () => {
    const group = new Group(partitionedStore(2));
    const hold = gate();
    group.handle = async ({ by }) => {
      if (by === 0) await hold.opened;
    };
    await group.join();
    await group.placeAll(2);
    await turns();
    await group.join();
    await group.clock.runTo(group.clock.now() + 3000, () => turns());
    // The second owns partition 1, and the first is still at it.
    expect(group.partitionsOf(1)).toEqual([]);
    expect(group.told).toEqual([]);
    hold.open();
    await turns();
    await group.pass(2000);
    expect(group.partitionsOf(1)).toEqual([1]);
    expect(group.told.map(({ by, orderId }) => `${by} ${orderId}`).sort()).toEqual([
      '0 order-0',
      '0 order-1',
    ]);
  });

  it('handle an order again only when the handler that lost it is through', async () => {
    const group = new Group(partitionedStore(1));
    const hold = gate();
    onTestFinished(hold.open);
    let calls = 0;
    let running = 0;
    let most = 0;
    group.handle = async () => {
      calls += 1;
      running += 1;
      most = Math.max(most, running);
      if (calls === 1) await hold.opened;
      running -= 1;
    };
    await group.join();
    await group.placeAll(1);
    await turns();
    // Somebody takes its place away, and it gets it back; its handler takes no notice.
    await group.store.subscriptions.rewind('mailer', 0, 0);
    await group.clock.runTo(group.clock.now() + 8000, () => turns());
    expect(group.members[0]?.log.map(({ message }) => message)).toContain(
      'A lease was lost to another owner; no longer working on its partition.',
    );
    expect(calls).toBe(1);
    hold.open();
    await group.pass(3000);
    expect([calls, most]).toEqual([2, 1]);
  });

  it('wait no longer than closeGraceMs for a handler that hangs', async () => {
    const group = new Group(partitionedStore(2));
    const end = gate();
    group.handle = ({ by }) => (by === 0 ? end.opened : undefined);
    await group.join();
    await group.placeAll(2);
    await turns();
    await group.join();
    onTestFinished(end.open);
    await group.clock.runTo(group.clock.now() + 14_000, () => turns());
    expect(group.partitionsOf(1)).toEqual([1]);
    expect(group.told.map(({ by, orderId }) => `${by} ${orderId}`)).toEqual(['1 order-1']);
  });
});

describe('parked events of engines that share a subscription', () => {
  it('are retried and skipped from any of them, by the one that has the partition', async () => {
    const group = new Group(partitionedStore(2));
    const poison = new Set(['order-1', 'order-3']);
    group.handle = ({ orderId }) => {
      if (poison.has(orderId)) throw new PermanentHandlerError('poison');
    };
    const first = await group.join();
    await group.join();
    await group.pass(2000);
    expect(group.partitionsOf(1)).toEqual([1]);
    await group.placeAll(4);
    await group.pass(2000);
    for (const id of poison) await first.execute(annotate(id, 'x'));
    await group.pass(2000);
    expect(await first.subscriptions.parked('mailer')).toHaveLength(4);
    poison.clear();
    expect(await first.subscriptions.retry('mailer', { orderId: 'order-1' })).toBe(1);
    const [, , head] = await first.subscriptions.parked('mailer');
    expect(head?.event.orderId).toBe('order-3');
    await first.subscriptions.skip('mailer', head?.event.id ?? '');
    await group.pass(7000);
    const told = group.told.filter(({ by }) => by === 1);
    expect(told.map(({ orderId, version }) => `${orderId}/${version}`).sort()).toEqual([
      'order-1/1',
      'order-1/2',
      'order-3/2',
    ]);
    expect(await first.subscriptions.parked('mailer')).toEqual([]);
  });
});
