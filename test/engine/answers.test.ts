import type { CommandRecord, OrderEvent } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { type AnswerStore, answerAgain, storedAnswer } from '../../src/engine/commands/answers.ts';
import { packOutcome, parseOutcome, replayedResult } from '../../src/engine/commands/outcome.ts';
import type { ExecuteResult } from '../../src/engine/contract/results.ts';

const identity = { tenantId: 't', scope: 's', key: 'k' };
const confirmed = { lifecycle: 'confirmed' };
const paid = { payment: 'paid' };
const event = (status: object) => ({ status }) as unknown as OrderEvent;

function recordOf(outcome: object, fingerprint = 'same'): CommandRecord {
  return { ...identity, orderId: 'order-1', fingerprint, outcome, recordedAt: 1 } as CommandRecord;
}

describe('a stored answer', () => {
  /** Gives events, and notes which were asked for. */
  function answering(records: readonly CommandRecord[] = []) {
    const asked: unknown[][] = [];
    const store = {
      findCommands: async (...what: unknown[]) => {
        asked.push(what);
        return records;
      },
      history: async (...what: unknown[]) => {
        asked.push(what);
        return [event(confirmed), event(paid)];
      },
    } as unknown as AnswerStore;
    return { store, asked };
  }

  it('is looked up for a command that has a key, and for no other', async () => {
    const record = recordOf({});
    const { store, asked } = answering([record]);
    expect(await storedAnswer(store, undefined)).toBeUndefined();
    expect(asked).toEqual([]);
    expect(await storedAnswer(store, identity)).toBe(record);
    expect(asked).toEqual([[[identity]]]);
  });

  it('is given with its own events, and with no read where there are none', async () => {
    const { store, asked } = answering();
    const rejection = { code: 'guardRefused', message: 'no' };
    const refused = recordOf({ status: 'rejected', rejection });
    expect(await answerAgain(store, refused, 'same')).toEqual({
      status: 'rejected',
      rejection,
      replayed: true,
    });
    const nothing = recordOf({ status: 'accepted', from: 3, to: 3, orderStatus: confirmed });
    expect(await answerAgain(store, nothing, 'same')).toMatchObject({
      events: [],
      version: 3,
      orderStatus: confirmed,
    });
    expect(asked).toEqual([]);
    const two = recordOf({ status: 'accepted', from: 3, to: 5 });
    expect(await answerAgain(store, two, 'same')).toEqual({
      status: 'accepted',
      orderId: 'order-1',
      version: 5,
      events: [event(confirmed), event(paid)],
      orderStatus: paid,
      replayed: true,
    });
    expect(asked).toEqual([[{ tenantId: 't', orderId: 'order-1' }, 3, 2]]);
  });

  it('is nobody’s who asks for something else', async () => {
    const { store } = answering();
    const record = recordOf({ status: 'accepted', from: 3, to: 3 }, 'another');
    await expect(answerAgain(store, record, 'same')).rejects.toMatchObject({
      code: 'idempotencyMismatch',
    });
  });

  it.each([
    ['nothing', {}],
    ['an unknown status', { status: 'maybe' }],
    ['a version below zero', { status: 'accepted', from: -1, to: 2 }],
    ['a version that is none', { status: 'accepted', from: 1, to: 'two' }],
    ['an order status that is none', { status: 'accepted', from: 1, to: 2, orderStatus: 'paid' }],
    ['a rejection that is none', { status: 'rejected', rejection: null }],
    ['a rejection that is a text', { status: 'rejected', rejection: 'no' }],
    ['no rejection', { status: 'rejected' }],
  ])('that cannot be read is told as such, and whose it is: %s', (_, outcome) => {
    const parse = () => parseOutcome(recordOf(outcome));
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'storeCorrupt',
        details: { orderId: 'order-1' },
        message: expect.stringContaining('order order-1 cannot be read'),
        cause: expect.any(Error),
      }),
    );
  });

  it('has nothing in it that the history tells', () => {
    const accepted = { status: 'accepted', orderId: 'order-1', version: 5 } as const;
    const pack = (events: readonly OrderEvent[], orderStatus: object) =>
      packOutcome({ ...accepted, events, orderStatus, replayed: false } as ExecuteResult);
    const told = pack([event(paid), event(paid), event(confirmed)], confirmed);
    expect(told).not.toHaveProperty('orderStatus');
    const [last, other] = [event(confirmed), event(paid)];
    expect(pack([last], last.status)).toStrictEqual({ status: 'accepted', from: 4, to: 5 });
    expect(pack([other, other, last], last.status)).toStrictEqual({
      status: 'accepted',
      from: 2,
      to: 5,
    });
    expect(pack([], paid)).toStrictEqual({
      status: 'accepted',
      from: 5,
      to: 5,
      orderStatus: paid,
    });
  });

  it('of a refusal names the order only where the command did', () => {
    const rejection = { code: 'guardRefused', message: 'no' } as const;
    const refused = { status: 'rejected', rejection, replayed: false } as const;
    const unnamed = packOutcome(refused);
    const named = packOutcome({ ...refused, orderId: 'order-1' });
    expect(unnamed).toStrictEqual({ status: 'rejected', rejection });
    expect(named).toStrictEqual({ status: 'rejected', rejection, orderId: 'order-1' });
    for (const [outcome, again] of [
      [unnamed, { status: 'rejected', rejection, replayed: true }],
      [named, { status: 'rejected', rejection, orderId: 'order-1', replayed: true }],
    ] as const) {
      const record = recordOf(outcome);
      expect(replayedResult(record, parseOutcome(record), [])).toStrictEqual(again);
    }
  });

  it('is given without a status where the order was purged, and nothing tells it', () => {
    const record = recordOf({ status: 'accepted', from: 1, to: 2 });
    expect(replayedResult(record, parseOutcome(record), [])).toMatchObject({
      status: 'accepted',
      version: 2,
      events: [],
      orderStatus: {},
    });
  });
});
