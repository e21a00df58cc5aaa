import type { DueOrder } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { DueWalk } from '../../src/engine/timers/due-walk.ts';
import { due, failuresWith, ids, many } from './timer-kit.ts';

const minute = 60_000;

describe('the failures of timers', () => {
  it('are remembered by order and deadline: one that was moved is another', () => {
    const { failures } = failuresWith();
    expect(failures.has(due('a'))).toBe(false);
    failures.add(due('a'));
    expect(failures.has(due('a'))).toBe(true);
    expect(failures.has(due('b'))).toBe(false);
    expect(failures.has(due('a', 10, 'a.b.c', 'other'))).toBe(false);
    expect(failures.has(due('a', 11))).toBe(false);
    expect(failures.has(due('a', 10, 'a.b.other'))).toBe(false);
    expect(failures.size).toBe(1);
    failures.delete(due('a'));
    expect(failures.has(due('a'))).toBe(false);
    expect(failures.size).toBe(0);
  });

  it.each([
    [0, [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 150_000, 150_000]],
    [1, [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]],
  ])('pause for longer and longer, five minutes at most (random %d)', (random, pauses) => {
    const { failures, clock } = failuresWith(random);
    for (const pauseMs of pauses) {
      failures.add(due('a'));
      expect(failures.ready(10)).toEqual([]);
      expect(failures.nextRetryDelayMs).toBe(pauseMs);
      clock.advanceBy(pauseMs - 1);
      expect(failures.ready(10)).toEqual([]);
      clock.advanceBy(1);
      expect(failures.ready(10)).toEqual([due('a')]);
    }
  });

  it('begin anew with the shortest pause when the deadline was moved', () => {
    const { failures, clock } = failuresWith(1);
    failures.add(due('a'));
    failures.add(due('a'));
    clock.advanceBy(10 * minute);
    failures.add(due('a', 11));
    expect(failures.nextRetryDelayMs).toBe(0);
    clock.advanceBy(1000);
    expect(failures.ready(10)).toEqual([due('a', 11)]);
  });

  it('come in turns, as many as are asked for, and stay until they are dealt with', () => {
    const { failures, clock } = failuresWith(1);
    for (const each of many(5)) failures.add(each);
    expect(failures.ready(5)).toEqual([]);
    clock.advanceBy(1000);
    const first = failures.ready(2);
    expect(ids(first)).toEqual(['order-00000', 'order-00001']);
    expect(ids(failures.ready(2))).toEqual(['order-00000', 'order-00001']);
    for (const each of first) failures.add(each);
    expect(ids(failures.ready(9))).toEqual(['order-00002', 'order-00003', 'order-00004']);
    expect(failures.nextRetryDelayMs).toBe(0);
    for (const each of many(5).slice(2)) failures.delete(each);
    expect(failures.ready(9)).toEqual([]);
    expect(failures.nextRetryDelayMs).toBe(2000);
  });

  it('have no next pause when there are none', () => {
    expect(failuresWith().failures.nextRetryDelayMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('are remembered up to 4,096; beyond, those that are known stay so', () => {
    const { failures } = failuresWith();
    const all = many(4097);
    expect(all.map((each) => failures.add(each)).filter((isKnown) => !isKnown)).toHaveLength(1);
    expect(failures.size).toBe(4096);
    expect(failures.add(due('order-00000'))).toBe(true);
    expect(failures.add(due('order-04096'))).toBe(false);
    failures.delete(due('order-00001'));
    expect(failures.add(due('order-04096'))).toBe(true);
  });

  it('are logged once each, ten in a minute, and then by their number', () => {
    const { failures, lines, clock } = failuresWith();
    const fail = (each: DueOrder) => {
      failures.log(each, 'why');
      failures.add(each);
    };
    for (const each of many(12)) fail(each);
    expect(lines).toHaveLength(10);
    expect(lines[0]).toEqual({
      message: 'Could not fire a deadline; retrying.',
      fields: { ...due('order-00000'), error: 'why' },
    });
    for (const each of many(12)) fail(each);
    clock.advanceBy(minute - 1);
    fail(due('late'));
    expect(lines).toHaveLength(10);
    clock.advanceBy(1);
    fail(due('order-00000'));
    // Two and twelve and one since; the one of now is for the next minute.
    expect(lines.slice(10)).toEqual([
      {
        message: 'Deadlines still cannot be fired; retrying with growing delays.',
        fields: { orders: 13, attempts: 15 },
      },
    ]);
    fail(due('new'));
    expect(lines).toHaveLength(12);
    clock.advanceBy(minute);
    fail(due('newer'));
    expect(lines.slice(12)).toMatchObject([
      { fields: { attempts: 1 } },
      { fields: { orderId: 'newer' } },
    ]);
  });

  it('say nothing of a minute in which all was said', () => {
    const { failures, lines, clock } = failuresWith();
    failures.log(due('a'), 'why');
    clock.advanceBy(minute);
    failures.log(due('b'), 'why');
    expect(lines.map(({ fields }) => fields['orderId'])).toEqual(['a', 'b']);
  });
});

describe('a walk over what is due', () => {
  it('goes on behind the last one of a page, and stays where an empty one ends', () => {
    const walk = new DueWalk();
    expect(walk).toMatchObject({
      after: undefined,
      isWhole: true,
      hasSkipped: false,
      forgotten: 0,
    });
    walk.turn([due('a', 1), due('b', 2)]);
    const after = { dueAt: 2, tenantId: 't', orderId: 'b' };
    expect(walk.after).toEqual(after);
    walk.turn([]);
    expect(walk.after).toEqual(after);
    expect(walk.isWhole).toBe(true);
    walk.rest();
    expect(walk).toMatchObject({ after, isWhole: false });
    walk.restart();
    expect(walk).toMatchObject({ after: undefined, isWhole: true });
  });

  it('knows what it has tried on its page, and how much of that nobody remembers', () => {
    const walk = new DueWalk();
    walk.note([due('a'), due('b')], 1);
    walk.note([due('c')], 2);
    expect(walk.forgotten).toBe(3);
    expect(['a', 'b', 'c', 'd'].map((id) => walk.hasTried(due(id)))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    walk.turn([due('a')]);
    expect(walk.hasTried(due('a'))).toBe(false);
    walk.rest();
    expect(walk.forgotten).toBe(0);
  });

  it('rests before the first one that it left to another engine', () => {
    const walk = new DueWalk();
    const page = [due('a', 1), due('b', 1), due('c', 1)];
    walk.skip(page, page[1] as DueOrder);
    walk.skip(page, page[2] as DueOrder);
    expect(walk.hasSkipped).toBe(true);
    walk.turn(page);
    walk.rest();
    expect(walk).toMatchObject({ after: { orderId: 'a' }, isWhole: false, hasSkipped: false });
  });

  it('rests where its page began when it left the first one of that', () => {
    const walk = new DueWalk();
    const page = [due('a', 1), due('b', 1)];
    walk.skip(page, page[0] as DueOrder);
    walk.turn(page);
    walk.rest();
    expect(walk).toMatchObject({ after: undefined, isWhole: true });
  });

  it('goes back to a moment that it has passed, and to no other', () => {
    const walk = new DueWalk();
    walk.goBackTo(0);
    expect(walk.after).toBeUndefined();
    walk.turn([due('a', 5)]);
    walk.goBackTo(6);
    expect(walk.after?.dueAt).toBe(5);
    walk.goBackTo(5);
    expect(walk.after).toEqual({ dueAt: 5, tenantId: '', orderId: '' });
    walk.goBackTo(3);
    expect(walk.after).toEqual({ dueAt: 3, tenantId: '', orderId: '' });
  });
});
