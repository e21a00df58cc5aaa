import { describe, expect, it } from 'vitest';
import { laning } from './lane-kit.ts';
import { gate, turns } from './turns.ts';

// One order in one subscription: what is done with its events, one after the other.

describe('a lane', () => {
  it('handles one event after the other, and says when there is nothing left', async () => {
    const { lane, push, run, requests } = laning();
    push(1, 2);
    // It stands in line once, not once for each event, and not as one that failed.
    expect(requests).toEqual([false]);
    expect(await run()).toEqual([
      'handle e1, attempt 1',
      'handled e1',
      'handle e2, attempt 1',
      'handled e2',
      'emptied order-1',
    ]);
    expect(lane.items).toEqual([]);
    expect(lane).toMatchObject({ isWaiting: false, isFailing: false, isAside: false });
    expect(requests).toEqual([false]);
  });

  it('gives its slot away after an event when others want it, and stands in line again', async () => {
    const { push, run, requests, test } = laning();
    test.hasLine = true;
    push(1, 2);
    expect(await run()).toEqual(['handle e1, attempt 1', 'handled e1']);
    expect(requests).toEqual([false, false]);
    expect(await run()).toEqual(['handle e2, attempt 1', 'handled e2']);
    // Whether there is more is found out in the next turn: it may come while the others run.
    expect(requests).toEqual([false, false, false]);
    expect(await run()).toEqual(['emptied order-1']);
    expect(requests).toHaveLength(3);
  });

  it('takes up what comes while it runs, without standing in line for it', async () => {
    const { push, run, requests, test, lane } = laning();
    const hold = gate();
    test.handle = () => hold.opened;
    push(1);
    const running = run();
    await turns();
    push(2);
    expect(lane.isWaiting).toBe(false);
    hold.open();
    expect(await running).toContain('handled e2');
    expect(requests).toEqual([false]);
  });

  it('counts as work until its run ends', async () => {
    const { push, run, work, test } = laning();
    const hold = gate();
    test.handle = () => hold.opened;
    push(1);
    const running = run();
    let isIdle = false;
    void work.idle().then(() => {
      isIdle = true;
    });
    await turns();
    expect(isIdle).toBe(false);
    hold.open();
    await running;
    await turns();
    expect(isIdle).toBe(true);
  });

  it('begins nothing while its host is stopping, nor asks for another turn', async () => {
    const { push, run, requests, test, left } = laning();
    push(1);
    test.isStopping = true;
    expect(await run()).toEqual([]);
    expect(requests).toEqual([false]);
    expect(left()).toEqual(['e1']);
  });

  it('handles nothing without the lease', async () => {
    const { push, run, test, left, requests } = laning();
    push(1);
    test.hold = async () => {
      test.isStopping = true;
      return false;
    };
    expect(await run()).toEqual([]);
    expect(left()).toEqual(['e1']);
    expect(requests).toEqual([false]);
  });

  it('writes nothing about an event when the lease was lost while it was handled', async () => {
    const { push, run, test, left } = laning();
    push(1);
    test.handle = async () => {
      test.isLost = true;
      test.isStopping = true;
    };
    expect(await run()).toEqual(['handle e1, attempt 1']);
    expect(left()).toEqual(['e1']);
  });
});

describe('an event that fails for now', () => {
  it('is tried again after a wait that goes by its attempts, and the others stay behind it', async () => {
    const { lane, push, run, waits, requests, test, logged, left } = laning();
    const error = new Error('away');
    test.handle = () => Promise.reject(error);
    push(1, 2);
    expect(lane.isFailing).toBe(false);
    expect(await run()).toEqual(['handle e1, attempt 1', 'waits']);
    expect(lane).toMatchObject({ isWaiting: true, isFailing: true });
    expect(logged).toEqual([['warn', 'An event failed; it is tried again later.', 'e1', error]]);
    expect(lane.items[0]?.failure).toBe('away');
    expect(left()).toEqual(['e1', 'e2']);
    // What comes now waits too.
    push(3);
    expect(requests).toEqual([false]);
    expect(waits.map(({ what }) => what)).toEqual(['attempts 1']);
    waits[0]?.callback();
    expect(lane.isWaiting).toBe(false);
    expect(requests).toEqual([false, true]);
    await run();
    expect(waits.map(({ what }) => what)).toEqual(['attempts 1', 'attempts 2']);
    test.handle = async () => undefined;
    waits[1]?.callback();
    expect((await run()).slice(0, 3)).toEqual([
      'handle e1, attempt 3',
      'handled e1',
      'handle e2, attempt 1',
    ]);
    expect(lane).toMatchObject({ isWaiting: false, isFailing: false });
  });

  it('notes how many others had been handled when its attempt began', async () => {
    const { lane, push, run, test } = laning();
    test.handle = () => Promise.reject(new Error('away'));
    test.handledCount = 7;
    push(1);
    await run();
    expect(lane.items[0]?.handledBefore).toBe(7);
  });

  it('is told nobody of when its host is stopping: it is handled again elsewhere', async () => {
    const { push, run, waits, test, logged, left } = laning();
    test.handle = async () => {
      test.isStopping = true;
      throw new Error('aborted');
    };
    push(1);
    expect(await run()).toEqual(['handle e1, attempt 1']);
    expect([logged, waits]).toEqual([[], []]);
    expect(left()).toEqual(['e1']);
  });

  it('and was tried before its turn is forgotten, and nothing waits for it', async () => {
    const { lane, item, push, run, waits, test } = laning();
    test.handle = ({ id }) => (id === 'e1' ? Promise.reject(new Error('away')) : Promise.resolve());
    test.failed = ({ isAhead }) => !isAhead;
    lane.push(item(1, { isAhead: true }));
    expect(await run()).toEqual(['handle e1, attempt 1', 'emptied order-1']);
    expect(lane.items).toEqual([]);
    lane.push(item(1, { isAhead: true }));
    push(2);
    expect(await run()).toEqual(['handle e1, attempt 1']);
    expect(await run()).toEqual(['handle e2, attempt 1', 'handled e2', 'emptied order-1']);
    expect(waits).toEqual([]);
  });

  it('is no sign of failing when it is tried before its turn', async () => {
    const { lane, item } = laning();
    const ahead = item(1, { isAhead: true });
    ahead.failure = 'away';
    lane.push(ahead);
    expect(lane.isFailing).toBe(false);
    ahead.isAhead = false;
    expect(lane.isFailing).toBe(true);
  });

  it('is tried again at once when asked for, and the wait is taken back', async () => {
    const { lane, push, run, waits, requests, test } = laning();
    test.handle = () => Promise.reject(new Error('away'));
    push(1);
    await run();
    lane.retryNow();
    expect(lane.isWaiting).toBe(false);
    expect(waits).toEqual([]);
    expect(requests).toEqual([false, true]);
    lane.retryNow();
    expect(requests).toEqual([false, true]);
  });

  it('waits for nothing any more once it is stopped', async () => {
    const { lane, push, run, waits, test } = laning();
    test.handle = () => Promise.reject(new Error('away'));
    push(1);
    await run();
    lane.stop();
    expect(waits).toEqual([]);
    lane.stop();
  });
});
