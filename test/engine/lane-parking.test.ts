import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import { eventOf, laning, parkedEvent } from './lane-kit.ts';
import { away } from './worker-kit.ts';

// One order whose events are in the parking lot: what goes there, and what comes back.

const poison = async (): Promise<never> => {
  throw new PermanentHandlerError('poison');
};

describe('an event that is refused for good', () => {
  it('is parked, and so is what comes behind it', async () => {
    const { lane, push, run, test, logged, requests } = laning();
    test.handle = poison;
    push(1, 2);
    expect(await run()).toEqual([
      ...['handle e1, attempt 1', 'park e1 poison', 'finished e1'],
      ...['parked order-1 1', 'park e2 behind', 'finished e2'],
    ]);
    expect(logged).toMatchObject([
      ['error', 'An event failed permanently and is parked.', 'e1', { message: 'poison' }],
    ]);
    expect(lane).toMatchObject({ isParked: true, isAside: false, items: [] });
    // It is kept, for what comes later, and does nothing until then.
    expect(requests).toEqual([false]);
    push(3);
    expect(await run()).toEqual(['parked order-1 1', 'park e3 behind', 'finished e3']);
  });

  it('stays in hand when the lease is lost before it is parked', async () => {
    const { lane, push, run, test, left } = laning();
    test.handle = poison;
    test.park = async () => false;
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1', 'park e1 poison']);
    expect(lane.isParked).toBe(false);
    expect(left()).toEqual(['e1']);
  });

  it('is not handled once more when only parking it fails', async () => {
    const { push, run, test, waits } = laning();
    test.handle = poison;
    test.park = away;
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1', 'park e1 poison', 'waits']);
    test.park = async () => true;
    waits[0]?.callback();
    expect(await run()).toEqual(['park e1 poison', 'finished e1']);
  });
});

describe('what comes to a parked lane', () => {
  it('is not parked again when it is what the others wait behind', async () => {
    const { push, run, test, left } = laning(true);
    test.lot = [parkedEvent(1), parkedEvent(2)];
    push(1, 2);
    expect(await run()).toEqual([
      ...['parked order-1 1', 'finished e1'],
      ...['parked order-1 1', 'park e2 behind', 'finished e2'],
    ]);
    expect(left()).toEqual([]);
  });

  it('stays in hand when the lease is lost', async () => {
    const { push, run, test, left } = laning(true);
    test.park = async () => false;
    push(1);
    expect(await run()).toEqual(['parked order-1 1', 'park e1 behind']);
    expect(left()).toEqual(['e1']);
  });

  it('is parked in an empty lot too', async () => {
    const { push, run } = laning(true);
    push(1);
    expect(await run()).toEqual(['parked order-1 1', 'park e1 behind', 'finished e1']);
  });
});

describe('a lane that drains', () => {
  it('takes its parked events back before what came later, and ends when none are left', async () => {
    const { lane, push, run, test, requests } = laning(true);
    test.lot = [parkedEvent(1, { attempts: 4 }), parkedEvent(2, { attempts: 0 })];
    lane.drain();
    push(3);
    // It has failed before, so it stands in line with those that have.
    expect(requests).toEqual([true]);
    expect(await run()).toEqual([
      'parked order-1 64',
      ...['handle e1, attempt 5', 'unpark e1', 'handled e1'],
      ...['handle e2, attempt 1', 'unpark e2', 'handled e2'],
      'parked order-1 64',
      ...['handle e3, attempt 1', 'handled e3'],
      'emptied order-1',
    ]);
    expect(lane).toMatchObject({ isParked: false, isAside: false });
  });

  it('that has given its slot away goes on draining in its next turn', async () => {
    const { lane, run, test, requests } = laning(true);
    test.hasLine = true;
    test.lot = [parkedEvent(1)];
    lane.drain();
    await run();
    expect(requests).toEqual([true, true]);
    expect(await run()).toEqual(['parked order-1 64', 'emptied order-1']);
  });

  it('with nothing parked is done at once', async () => {
    const { lane, run, requests } = laning(true);
    lane.drain();
    expect(await run()).toEqual(['parked order-1 64', 'emptied order-1']);
    expect(lane.isParked).toBe(false);
    expect(requests).toEqual([true]);
  });

  it('drains once more when asked while it does', async () => {
    const { lane, run, test, requests } = laning(true);
    test.lot = [parkedEvent(1)];
    test.handle = async () => {
      lane.drain();
    };
    lane.drain();
    expect((await run()).filter((what) => what.startsWith('handle '))).toHaveLength(1);
    expect(requests).toEqual([true]);
    expect(lane.items).toEqual([]);
  });

  it('tries again later when the parking lot cannot be read, and logs no event', async () => {
    const { lane, run, test, waits, logged } = laning(true);
    test.parked = away;
    lane.drain();
    expect(await run()).toEqual(['parked order-1 64', 'waits']);
    expect(waits.map(({ what }) => what)).toEqual(['attempts 1']);
    expect(logged).toEqual([]);
    expect(lane).toMatchObject({ isParked: true, isWaiting: true });
  });

  it('stays parked when its first event fails for good again, and the rest stays in the lot', async () => {
    const { lane, push, run, test, left, requests } = laning(true);
    test.lot = [parkedEvent(1), parkedEvent(2), parkedEvent(3)];
    test.handle = poison;
    lane.drain();
    push(4);
    expect(await run()).toEqual([
      'parked order-1 64',
      ...['handle e1, attempt 5', 'park e1 poison', 'finished e1'],
      // Whether somebody asked again meanwhile.
      'parked order-1 1',
      ...['parked order-1 1', 'park e4 behind', 'finished e4'],
    ]);
    expect(lane).toMatchObject({ isParked: true, isAside: false });
    expect(left()).toEqual([]);
    expect(requests).toEqual([true]);
  });

  it.each([
    ['again', parkedEvent(1, { requeues: 1 }), 2],
    ['once only', parkedEvent(1, { requeues: 0 }), 1],
    ['for another event', parkedEvent(2, { requeues: 1 }), 1],
    ['and skipped what there was', undefined, 1],
  ])('tries what fails for good as often as somebody asked: %s', async (_, now, times) => {
    const { lane, run, test, waits } = laning(true);
    test.lot = [parkedEvent(1)];
    test.handle = async () => {
      test.lot = now === undefined ? [] : [now];
      return poison();
    };
    lane.drain();
    const told = await run();
    expect(told.filter((what) => what.startsWith('handle '))).toHaveLength(times);
    expect(told.filter((what) => what.startsWith('put aside'))).toEqual([]);
    expect(waits).toEqual([]);
  });

  it('has its events put aside again when the first fails for now', async () => {
    const { lane, run, test, waits, requests } = laning(true);
    test.lot = [parkedEvent(1), parkedEvent(2)];
    test.handle = away;
    test.putAside = async () => {
      lane.rest(500, new Set(lane.items));
      return true;
    };
    lane.drain();
    expect(await run()).toEqual([
      ...['parked order-1 64', 'handle e1, attempt 5', 'put aside e1,e2'],
    ]);
    expect(waits.map(({ what }) => what)).toEqual(['delay 500']);
    expect(lane).toMatchObject({ isParked: true, isAside: true, isWaiting: false, items: [] });
    expect(requests).toEqual([true]);
  });

  it('waits with its events in hand when they cannot be put aside', async () => {
    const { lane, run, test, waits, left } = laning(true);
    test.lot = [parkedEvent(1, { attempts: 4 })];
    test.handle = away;
    test.putAside = async () => false;
    lane.drain();
    expect((await run()).slice(-1)).toEqual(['waits']);
    expect(waits.map(({ what }) => what)).toEqual(['attempts 5']);
    expect(left()).toEqual(['e1']);
  });
});

describe('a lane that is put aside', () => {
  it('does nothing while it is frozen, and goes on when it is thawed', async () => {
    const { lane, push, run, requests, test, waits } = laning();
    test.handle = away;
    push(1);
    await run();
    lane.freeze();
    expect(waits).toEqual([]);
    expect(lane.isWaiting).toBe(false);
    push(2);
    lane.retryNow();
    expect(requests).toEqual([false]);
    lane.thaw();
    expect(requests).toEqual([false, true]);
    lane.thaw();
    expect(requests).toEqual([false, true]);
  });

  it('that is empty stands in no line when it is thawed, and neither does one that runs', async () => {
    const { lane, push, requests } = laning();
    lane.freeze();
    lane.thaw();
    expect(requests).toEqual([]);
    push(1);
    lane.thaw();
    expect(requests).toEqual([false]);
  });

  it('rests with what is kept, parks what came meanwhile, and drains after its delay', async () => {
    const { lane, push, run, requests, waits, test, left } = laning();
    test.handle = away;
    push(1, 2);
    await run();
    lane.freeze();
    const kept = new Set(lane.items);
    push(3);
    lane.rest(700, kept);
    expect(left()).toEqual(['e3']);
    expect(lane).toMatchObject({ isParked: true, isAside: true });
    expect(requests).toEqual([false, false]);
    expect(await run()).toEqual(['parked order-1 1', 'park e3 behind aside', 'finished e3']);
    test.handle = async () => undefined;
    test.lot = [parkedEvent(1, { event: eventOf(1) })];
    expect(waits.map(({ what }) => what)).toEqual(['delay 700']);
    waits.splice(0)[0]?.callback();
    expect((await run()).slice(0, 2)).toEqual(['parked order-1 64', 'handle e1, attempt 5']);
    expect(lane).toMatchObject({ isParked: false, isAside: false });
  });

  it('rests without anything in hand', () => {
    const { lane, requests, waits } = laning(true);
    lane.rest(0);
    expect(requests).toEqual([]);
    expect(waits.map(({ what }) => what)).toEqual(['delay 0']);
  });
});
