import { describe, expect, it } from 'vitest';
import type { TaskRequest } from '../../src/engine/commands/task.ts';
import {
  aborted,
  asDefect,
  closedWhileWriting,
  contention,
  engineClosed,
  idempotencyMismatch,
  lockedOut,
  numberTaken,
  overloaded,
  overloadedInBytes,
  versionMismatch,
} from '../../src/engine/kernel/failures.ts';
import { OrderchartError } from '../../src/errors.ts';

// What a caller reads who has nothing but the error: what happened, to which order, and what to do.

const request = { orderId: 'order-7' } as TaskRequest;
const cause = new Error('the cause');

describe('the error of a command', () => {
  it.each([
    ['aborted', () => aborted(AbortSignal.abort(cause)), ['its signal', 'nothing was done'], {}],
    ['engineClosed', () => engineClosed(), ['closed', 'create a new one'], {}],
    [
      'outcomeUnknown',
      () => closedWhileWriting(),
      ['closed before', 'may have been applied', 'idempotency key'],
      {},
    ],
    ['overloaded', () => overloaded(12), ['12 commands', 'later', 'queueSize'], { queueSize: 12 }],
    [
      'overloaded',
      () => overloadedInBytes(4096),
      ['4096 bytes', 'later', 'queueBytes'],
      { queueBytes: 4096 },
    ],
    [
      'contention',
      () => contention(request, 5),
      ['order-7', '5 times', 'nothing was done'],
      { orderId: 'order-7', attempts: 5 },
    ],
    [
      'contention',
      () => lockedOut(request),
      ['order-7', 'transaction', 'nothing was done', 'later'],
      { orderId: 'order-7' },
    ],
    [
      'versionMismatch',
      () => versionMismatch(request, 3, 4),
      ['order-7', 'version 4', 'not 3', 'read it again'],
      { orderId: 'order-7', expected: 3, actual: 4 },
    ],
    ['idempotencyMismatch', () => idempotencyMismatch(), ['another command', 'new key'], {}],
    [
      'domainDefect',
      () => asDefect(cause, request),
      ['order-7', 'nothing was written', 'cause'],
      { orderId: 'order-7' },
    ],
  ])('says what happened and what to do: %s', (code, make, words, details) => {
    const error = make();
    expect(error.code).toBe(code);
    for (const word of words) expect(error.message).toContain(word);
    expect(error.details).toEqual(details);
  });

  it('has the cause, when something else is to blame', () => {
    expect(aborted(AbortSignal.abort(cause)).cause).toBe(cause);
    expect(aborted(undefined).cause).toBeUndefined();
    expect(asDefect(cause, request).cause).toBe(cause);
  });

  it('stays what it was, when it is one already', () => {
    const error = new OrderchartError('storeUnavailable', 'away');
    expect(asDefect(error, request)).toBe(error);
  });

  it('is a rejection where a number is taken', () => {
    expect(numberTaken.code).toBe('numberTaken');
    expect(numberTaken.message).toContain('has this number');
  });
});
