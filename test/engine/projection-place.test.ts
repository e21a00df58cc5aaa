import { describe, expect, it } from 'vitest';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { ProjectionPlace } from '../../src/engine/subscriptions/projections/projection-place.ts';
import type { WorkerLease } from '../../src/engine/subscriptions/sharing/worker-lease.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { gate } from './turns.ts';

// Where a projection stands. It begins at position 10.

function placing() {
  const clock = createMovableClock(0);
  const writes: number[] = [];
  const test = { progress: 0, due: 0, write: async (): Promise<boolean> => true };
  const lease = {
    current: { position: 10 },
    checkpoint: (position: number) => {
      writes.push(position);
      return test.write();
    },
  } as unknown as WorkerLease;
  const onProgress = () => {
    test.progress += 1;
  };
  const place = new ProjectionPlace(
    { clock, onProgress } as unknown as ConsumerParts,
    lease,
    () => {
      test.due += 1;
    },
  );
  return { place, clock, writes, test };
}

describe('the place of a projection', () => {
  it('begins where the lease does, and has nothing to write', async () => {
    const { place, clock, writes, test } = placing();
    expect([place.position, place.read, place.isDue]).toEqual([10, 10, false]);
    await place.write();
    place.rest();
    clock.advanceTo(60_000);
    expect([writes, test.due, test.progress]).toEqual([[], 0, 0]);
  });

  it('is written with the events that are projected, so not once more', async () => {
    const { place, clock, writes, test } = placing();
    place.projected(400);
    expect([place.position, place.isDue, test.progress]).toEqual([400, false, 1]);
    await place.write();
    place.rest();
    clock.advanceTo(60_000);
    expect([writes, test.due]).toEqual([[], 0]);
  });

  it('is to be written when it is 256 behind because of skipped events, not before', async () => {
    const { place, writes, test } = placing();
    place.skipped(265);
    expect([place.position, place.isDue, test.progress]).toEqual([265, false, 1]);
    place.skipped(266);
    expect(place.isDue).toBe(true);
    await place.write();
    expect([writes, place.isDue]).toEqual([[266], false]);
    await place.write();
    expect(writes).toEqual([266]);
    place.projected(300);
    place.skipped(555);
    expect(place.isDue).toBe(false);
    place.skipped(556);
    expect(place.isDue).toBe(true);
  });

  it('is to be written five seconds after skipped events, when there is nothing to do', async () => {
    const { place, clock, writes, test } = placing();
    place.skipped(11);
    place.rest();
    clock.advanceTo(1000);
    place.rest();
    clock.advanceTo(4999);
    expect([test.due, place.isDue]).toEqual([0, false]);
    clock.advanceTo(60_000);
    expect([test.due, place.isDue]).toEqual([1, true]);
    place.skipped(12);
    expect(place.isDue).toBe(true);
    await place.write();
    expect(writes).toEqual([12]);
    place.skipped(13);
    place.rest();
    clock.advanceTo(65_000);
    expect(test.due).toBe(2);
  });

  it('is not written after the end', () => {
    const { place, clock, test } = placing();
    place.stop();
    place.skipped(11);
    place.rest();
    place.stop();
    clock.advanceTo(60_000);
    expect(test.due).toBe(0);
  });

  it('that could not be written is written the next time', async () => {
    const { place, writes, test } = placing();
    test.write = async () => false;
    place.skipped(11);
    await place.write();
    test.write = async () => true;
    await place.write();
    await place.write();
    expect(writes).toEqual([11, 11]);
  });

  it('is written once more for what came meanwhile', async () => {
    const { place, writes, test } = placing();
    const hold = gate();
    test.write = async () => {
      await hold.opened;
      return true;
    };
    place.skipped(11);
    const writing = place.write();
    place.skipped(12);
    hold.open();
    await writing;
    await place.write();
    expect(writes).toEqual([11, 12]);
  });
});
