import { createMovableClock } from 'orderchart/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/engine/kernel/clock.ts';

const day = 86_400_000;

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('waits 400 days, which is longer than a timer of Node can', () => {
    const called = vi.fn();
    systemClock.schedule(Date.now() + 400 * day, called);
    vi.advanceTimersByTime(400 * day - 1);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledOnce();
  });

  it('does not call early when the host sets its clock back', () => {
    const called = vi.fn();
    const at = Date.now() + day;
    systemClock.schedule(at, called);
    vi.setSystemTime(Date.now() - day);
    vi.advanceTimersByTime(day + 60_000);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(day);
    expect(called).toHaveBeenCalledOnce();
    expect(Date.now()).toBeGreaterThanOrEqual(at);
  });

  it('can be told to forget', () => {
    const called = vi.fn();
    const forget = systemClock.schedule(Date.now() + 2 * day, called);
    vi.advanceTimersByTime(day);
    forget();
    forget();
    vi.advanceTimersByTime(2 * day);
    expect(called).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('calls later, never at once, for a time that has passed', () => {
    const called = vi.fn();
    systemClock.schedule(Date.now() - day, called);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(0);
    expect(called).toHaveBeenCalledOnce();
  });
});

describe('the movable clock', () => {
  it('calls in the order of time, each at its time, also what is scheduled on the way', () => {
    const clock = createMovableClock(0);
    const calls: [string, number][] = [];
    const call = (name: string) => () => calls.push([name, clock.now()]);
    clock.schedule(30, call('c'));
    clock.schedule(10, () => {
      call('a')();
      clock.schedule(20, call('b'));
      clock.schedule(50, call('not yet'));
    });
    clock.schedule(30, call('d'));
    clock.schedule(15, call('forgotten'))();
    clock.advanceTo(40);
    expect(calls).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 30],
    ]);
    expect(clock.now()).toBe(40);
  });

  it('stops at every appointment until what it started has settled', async () => {
    const clock = createMovableClock(0);
    const seen: number[] = [];
    let work = Promise.resolve();
    const appointment = (): void => {
      work = work.then(async () => {
        await Promise.resolve();
        seen.push(clock.now());
      });
    };
    clock.schedule(10, appointment);
    clock.schedule(20, appointment);
    await clock.runTo(100, () => work);
    expect(seen).toEqual([10, 20]);
    expect(clock.now()).toBe(100);
  });

  it('does not go back', () => {
    const clock = createMovableClock(10);
    expect(() => clock.advanceTo(9)).toThrow(TypeError);
    expect(() => clock.advanceBy(Number.NaN)).toThrow(TypeError);
  });
});
