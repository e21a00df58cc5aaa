import { describe, expect, it } from 'vitest';
import { accepted, error, queueing } from './queue-kit.ts';

// How calls end before their time, and who may overtake.

describe('a signal', () => {
  it('that is aborted already lets nothing begin', () => {
    const { queue, begun, outcomes, submit } = queueing();
    submit('first', { signal: AbortSignal.abort() });
    expect(begun).toEqual([]);
    expect(outcomes.get('first')).toBe('aborted');
    expect(queue.pending).toBe(0);
    submit('second');
    expect(begun).toEqual(['second']);
  });

  it('ends what has begun and is not being written, and its lane goes on', () => {
    const { begun, outcomes, submit } = queueing();
    const abort = new AbortController();
    submit('first', { signal: abort.signal });
    submit('second');
    abort.abort();
    expect(outcomes.get('first')).toBe('aborted');
    expect(begun).toEqual(['first', 'second']);
  });

  it('comes too late for what is being written', () => {
    const { queue, outcomes, submit } = queueing();
    const abort = new AbortController();
    const first = submit('first', { signal: abort.signal });
    first.stage = 'committing';
    abort.abort();
    expect(outcomes.size).toBe(0);
    queue.settle(first, accepted(), false);
    expect(outcomes.get('first')).toMatchObject({ status: 'accepted' });
  });

  it('has no listener left when the call has ended', () => {
    const { queue, counters, submit } = queueing();
    const abort = new AbortController();
    queue.settle(submit('first', { signal: abort.signal }), accepted(), false);
    abort.abort();
    expect(counters.failed).toBe(0);
  });
});

describe('giving up', () => {
  it('ends all, begins none of them, and says of which the outcome is unknown', () => {
    const { queue, begun, outcomes, submit } = queueing();
    const first = submit('first');
    first.stage = 'committing';
    submit('second');
    submit('third', { orderId: 'b', key: 'k' });
    submit('fourth', { orderId: 'b', key: 'k' });
    queue.giveUp();
    expect(Object.fromEntries(outcomes)).toEqual({
      first: 'outcomeUnknown',
      second: 'engineClosed',
      third: 'engineClosed',
      fourth: 'engineClosed',
    });
    expect(begun).toEqual(['first', 'third']);
    expect(queue.pending).toBe(0);
  });
});

describe('a lane whose first waits for a transaction', () => {
  it('lets those of transactions go ahead, those that wait and those that come, and no others', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    submit('waiting');
    const inside = submit('inside', { isInTransaction: true });
    submit('waiting-too');
    submit('inside-too', { isInTransaction: true });
    expect(begun).toEqual(['first']);
    queue.block(first);
    expect(begun).toEqual(['first', 'inside', 'inside-too']);
    submit('later', { isInTransaction: true });
    submit('plain');
    submit('elsewhere', { orderId: 'b' });
    expect(begun.slice(3)).toEqual(['later', 'elsewhere']);
    queue.settle(inside, accepted(), false);
    expect(begun).toHaveLength(5);
    queue.unblock(first);
    submit('too-late', { isInTransaction: true });
    expect(begun).toHaveLength(5);
    queue.settle(first, accepted(), false);
    expect(begun.slice(5)).toEqual(['waiting']);
  });

  it('does not begin again what has gone ahead', () => {
    const { queue, begun, submit, test } = queueing();
    const first = submit('first');
    submit('inside', { isInTransaction: true });
    submit('last');
    queue.block(first);
    test.onBegin = (task) => queue.settle(task, accepted(), false);
    queue.settle(first, accepted(), false);
    expect(begun).toEqual(['first', 'inside', 'last']);
  });

  it('is free again when the first ends', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    queue.block(first);
    queue.fail(first, error('storeUnavailable'));
    submit('second');
    submit('inside', { isInTransaction: true });
    expect(begun).toEqual(['first', 'second']);
  });

  it('is still blocked when one is unblocked that was not', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    const second = submit('second');
    queue.block(first);
    queue.unblock(second);
    submit('inside', { isInTransaction: true });
    expect(begun).toEqual(['first', 'inside']);
  });

  it('does not begin one in a transaction that has ended', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    queue.fail(submit('inside', { isInTransaction: true }), error('aborted'));
    queue.block(first);
    expect(begun).toEqual(['first']);
  });
});
