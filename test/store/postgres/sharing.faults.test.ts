import { expect, it } from 'vitest';
import { annotate, place } from '../../engine/kit.ts';
import { engines, Notes, partitionsOf } from './engines.ts';

it('two engines share sixteen partitions, and one takes over at once what the other gives back', async () => {
  const { start } = engines();
  // A lease that nobody can wait for.
  const options = { leaseDurationMs: 600_000 };
  const [one, other] = [await start(options), await start(options)];
  const notes = new Notes();
  const first = await one.subscribe({ name: 'all', from: 'beginning', handler: notes.note });
  expect(partitionsOf(first)).toHaveLength(16);
  const second = await other.subscribe({ name: 'all', from: 'beginning', handler: notes.note });
  await expect
    .poll(() => [partitionsOf(first).length, partitionsOf(second).length])
    .toEqual([8, 8]);
  const ids = Array.from({ length: 64 }, (_, index) => `order-${index}`);
  await Promise.all(ids.map((id) => one.execute(place(id))));
  const writing = ids.map((id) => other.execute(annotate(id, 'x')));
  await one.close();
  await expect.poll(() => partitionsOf(second).length).toBe(16);
  await Promise.all(writing);
  await second.caughtUp();
  for (const id of ids) expect(notes.lastOf(id)).toBe(2);
  expect(notes.faults).toEqual([]);
});

it('events are handled by the process that has their partition, whoever committed them', async () => {
  const { start } = engines();
  const [one, other] = [await start(), await start()];
  const notes = [new Notes(), new Notes()];
  const first = await one.subscribe({
    name: 'all',
    from: 'beginning',
    handler: notes[0]?.note ?? (() => {}),
  });
  const second = await other.subscribe({
    name: 'all',
    from: 'beginning',
    handler: notes[1]?.note ?? (() => {}),
  });
  await expect
    .poll(() => [partitionsOf(first).length, partitionsOf(second).length])
    .toEqual([8, 8]);
  const ids = Array.from({ length: 200 }, (_, index) => `order-${index}`);
  await Promise.all(ids.map((id) => one.execute(place(id))));
  await first.caughtUp();
  const counts = notes.map(({ versions }) => versions.size);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(200);
  expect(Math.min(...counts)).toBeGreaterThan(40);
});

it('deadlines of one moment are fired once each by engines that share them', async () => {
  const { start, rows } = engines();
  const policy = { unpaidTimeoutMs: 4000 };
  const all = [await start({ policy }), await start({ policy }), await start({ policy })];
  const ids = Array.from({ length: 600 }, (_, index) => `order-${index}`);
  await Promise.all(ids.map((id, index) => all[index % 3]?.execute(place(id))));
  const expired = async () =>
    (
      await rows<{ count: string }>(
        "SELECT count(*) AS count FROM @.events WHERE type = 'order.expired'",
      )
    )[0]?.count;
  await expect.poll(expired).toBe('600');
  const early = await rows<{ count: string }>(
    'SELECT count(*) AS count FROM @.events placed JOIN @.events expired USING (order_row) WHERE ' +
      "placed.type = 'order.placed' AND expired.type = 'order.expired' AND " +
      'expired.recorded_at < placed.recorded_at + 4000',
  );
  expect(early[0]?.count).toBe('0');
  const fired = all.map((engine) => engine.stats().timersFired);
  expect(fired.reduce((sum, each) => sum + each, 0)).toBe(600);
});
