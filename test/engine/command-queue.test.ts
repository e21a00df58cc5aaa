import { describe, expect, it } from 'vitest';
import { accepted, error, queueing, rejected } from './queue-kit.ts';

// Who runs when, and who shares whose outcome.

describe('a lane', () => {
  it('runs one at a time, in the order of arrival, and others beside it', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    const second = submit('second');
    submit('other', { orderId: 'b' });
    submit('third');
    expect(begun).toEqual(['first', 'other']);
    queue.settle(first, accepted(), false);
    expect(begun).toEqual(['first', 'other', 'second']);
    queue.fail(second, error('storeUnavailable'));
    expect(begun).toEqual(['first', 'other', 'second', 'third']);
  });

  it('begins anew when it was empty', () => {
    const { queue, begun, submit } = queueing();
    queue.settle(submit('first'), accepted(), false);
    queue.settle(submit('second'), accepted(), false);
    expect(begun).toEqual(['first', 'second']);
    expect(queue.pending).toBe(0);
  });

  it('runs on through those that end at once', () => {
    const { queue, begun, submit, test } = queueing();
    const first = submit('first');
    for (const name of ['second', 'third', 'fourth']) submit(name);
    test.onBegin = (task) => queue.settle(task, accepted(), false);
    queue.settle(first, accepted(), false);
    expect(begun).toEqual(['first', 'second', 'third', 'fourth']);
    expect(queue.pending).toBe(0);
    submit('fifth');
    expect(begun.at(-1)).toBe('fifth');
  });

  it('passes over those that have ended while they waited', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first');
    const second = submit('second');
    submit('third');
    queue.fail(second, error('aborted'));
    expect(begun).toEqual(['first']);
    queue.settle(first, accepted(), false);
    expect(begun).toEqual(['first', 'third']);
  });

  it('ends a task once, whatever is said of it afterwards', () => {
    const { queue, outcomes, counters, submit } = queueing();
    const first = submit('first');
    queue.settle(first, accepted(1), false);
    queue.settle(first, accepted(2), false);
    queue.fail(first, error('aborted'));
    expect(outcomes.get('first')).toMatchObject({ version: 1 });
    expect(counters).toMatchObject({ commands: 1, accepted: 1, failed: 0 });
    const second = submit('second');
    queue.fail(second, error('aborted'));
    queue.fail(second, error('versionMismatch'));
    expect(outcomes.get('second')).toBe('aborted');
    expect(counters).toMatchObject({ commands: 2, failed: 1 });
  });

  it('counts what is in it, and how it ended', async () => {
    const { queue, activity, counters, submit } = queueing();
    const first = submit('first');
    const second = submit('second');
    const third = submit('third');
    expect(queue.pending).toBe(3);
    expect(queue.bytes).toBe(first.bytes * 3);
    let isIdle = false;
    const idle = activity.idle().then(() => {
      isIdle = true;
    });
    queue.settle(first, accepted(), false);
    queue.settle(second, rejected, false);
    await Promise.resolve();
    expect(isIdle).toBe(false);
    expect(queue.bytes).toBe(first.bytes);
    queue.settle(third, { ...accepted(), replayed: true }, true);
    await idle;
    expect(queue.pending).toBe(0);
    expect(queue.bytes).toBe(0);
    expect(counters).toMatchObject({
      commands: 3,
      accepted: 1,
      rejected: 1,
      duplicates: 1,
    });
  });
});

describe('several with one identity', () => {
  it('share the answer of the first, which a later repeat would get as well', () => {
    const { queue, begun, outcomes, counters, submit } = queueing();
    const first = submit('first', { key: 'k' });
    submit('second', { key: 'k' });
    submit('third', { key: 'k' });
    submit('other', { key: 'l', orderId: 'b' });
    expect(begun).toEqual(['first', 'other']);
    queue.settle(first, accepted(), true);
    expect(outcomes.get('first')).toMatchObject({ replayed: false });
    expect(outcomes.get('second')).toMatchObject({
      status: 'accepted',
      replayed: true,
    });
    expect(outcomes.get('third')).toMatchObject({
      status: 'accepted',
      replayed: true,
    });
    expect(counters).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(queue.pending).toBe(1);
  });

  it('get an answer that is not kept as their own', () => {
    const { queue, outcomes, submit } = queueing();
    const first = submit('first', { key: 'k' });
    submit('second', { key: 'k' });
    queue.settle(first, rejected, false);
    expect(outcomes.get('second')).toMatchObject({
      status: 'rejected',
      replayed: false,
    });
  });

  it('share the answer with those only that still wait', () => {
    const { queue, outcomes, submit } = queueing();
    const first = submit('first', { key: 'k' });
    const second = submit('second', { key: 'k' });
    queue.fail(second, error('aborted'));
    queue.settle(first, accepted(), true);
    expect(outcomes.get('second')).toBe('aborted');
    expect(queue.pending).toBe(0);
  });

  it('are refused when they are different commands, without a word to the first', () => {
    const { outcomes, begun, submit } = queueing();
    submit('first', { key: 'k' });
    submit('second', { key: 'k', fingerprint: 'other' });
    expect(outcomes).toEqual(new Map([['second', 'idempotencyMismatch']]));
    expect(begun).toEqual(['first']);
  });

  it('share an error that would meet them as well', () => {
    const { queue, begun, outcomes, counters, submit } = queueing();
    const first = submit('first', { key: 'k' });
    submit('second', { key: 'k' });
    queue.fail(first, error('storeUnavailable'));
    expect(outcomes.get('second')).toBe('storeUnavailable');
    expect(begun).toEqual(['first']);
    expect(counters.failed).toBe(2);
    // The identity is free again.
    submit('third', { key: 'k' });
    expect(begun).toEqual(['first', 'third']);
  });

  it.each(['aborted', 'versionMismatch'] as const)(
    'do not share what was about the first alone (%s): the next one runs, and leads the others',
    (code) => {
      const { queue, begun, outcomes, submit } = queueing();
      const first = submit('first', { key: 'k' });
      const gone = submit('gone', { key: 'k' });
      const second = submit('second', { key: 'k' });
      submit('third', { key: 'k' });
      queue.fail(gone, error('aborted'));
      queue.fail(first, error(code));
      expect(begun).toEqual(['first', 'second']);
      // Whoever comes now follows the new leader.
      submit('fourth', { key: 'k' });
      expect(begun).toEqual(['first', 'second']);
      queue.settle(second, accepted(), true);
      for (const name of ['third', 'fourth']) {
        expect(outcomes.get(name)).toMatchObject({ replayed: true });
      }
      expect(queue.pending).toBe(0);
    },
  );

  it('leave the identity free when all have ended', () => {
    const { queue, begun, submit } = queueing();
    const first = submit('first', { key: 'k' });
    queue.fail(submit('second', { key: 'k' }), error('aborted'));
    queue.fail(first, error('aborted'));
    queue.settle(submit('third', { key: 'k' }), accepted(), true);
    submit('fourth', { key: 'k' });
    expect(begun).toEqual(['first', 'third', 'fourth']);
  });
});
