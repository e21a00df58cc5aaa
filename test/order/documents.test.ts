import { describe, expect, it } from 'vitest';
import type { Then } from '../../src/testing/specification.ts';
import {
  cancel,
  credit,
  delivered,
  dispatch,
  dispatched,
  line,
  onTerms,
  paid,
  place,
  sold,
  unitsOf,
  voidedDispatch,
} from './commands.ts';

// Requests and reports about fulfillments, holds and parcels: whose they are, and what they add.

const two = place({ lines: [line('a', 3, 10_000), line('b', 2, 10_000)] });
const bought = [two, sold(50_000)];
const fulfil = (units: Record<string, number>, fulfillmentId = 'f1') => ({
  type: 'fulfillment.request',
  fulfillmentId,
  lines: unitsOf(units),
});
const lastData = ({ harness }: Then) => harness.events.at(-1)?.data;

describe('a fulfillment is requested', () => {
  it('and kept, each under its own id', () => {
    paid
      .given(...bought, fulfil({ a: 1 }))
      .when(fulfil({ b: 2 }, 'f2'))
      .thenEvents('fulfillment.requested')
      .thenStatus({ fulfillment: 'requested' })
      .thenOrder(({ fulfillments }) => {
        expect(fulfillments).toEqual([
          { id: 'f1', lines: unitsOf({ a: 1 }) },
          { id: 'f2', lines: unitsOf({ b: 2 }) },
        ]);
      });
  });

  it('not under an id that is used', () => {
    paid
      .given(...bought, fulfil({ a: 1 }))
      .when(fulfil({ b: 1 }))
      .thenRejected('alreadyUsed', { figures: { id: 'f1' } });
  });

  it('not of a line that is not there, nor of units that are not open', () => {
    paid
      .given(...bought)
      .when(fulfil({ z: 1 }))
      .thenRejected('unknownReference', { figures: { lineId: 'z' } });
    paid
      .given(...bought, dispatch({ a: 1 }))
      .when(fulfil({ b: 1, a: 3 }))
      .thenRejected('lawBroken', { law: 'Q1', figures: { lineId: 'a', open: 2, asked: 3 } });
  });
});

describe('a hold', () => {
  const hold = (reason: string) => ({ type: 'order.hold', reason });
  const release = (reason: string) => ({ type: 'order.release', reason });

  it('is released by its reason, and the others stay', () => {
    paid
      .given(place(), hold('fraud'), hold('stock'))
      .when(release('fraud'))
      .thenEvents('order.released')
      .thenStatus({ hold: 'held' })
      .thenOrder(({ holds }) => expect(holds.map(({ reason }) => reason)).toEqual(['stock']));
    paid.given(place(), hold('fraud')).when(release('fraud')).thenStatus({ hold: 'clear' });
  });
});

describe('a cancellation', () => {
  const asked = (command: object) =>
    paid
      .given(...bought)
      .when(command)
      .harness.events.find(({ type }) => type.endsWith('_requested'))?.data;

  it('keeps its reason, and the units that it asked for', () => {
    expect(asked({ ...cancel({ a: 2 }), reason: 'changed-mind' })).toEqual({
      reason: 'changed-mind',
      lines: unitsOf({ a: 2 }),
    });
  });

  it('of everything names the units that were open', () => {
    expect(asked(cancel())).toEqual({ reason: null, lines: unitsOf({ a: 3, b: 2 }) });
    const sent = paid.given(...bought, dispatch({ b: 2 })).when(cancel());
    expect(sent.harness.events.at(-2)?.data).toMatchObject({ lines: unitsOf({ a: 3 }) });
  });
});

describe('units that were credited', () => {
  const creditOne = credit('correction', { kind: 'units', lines: unitsOf({ a: 1 }) });

  it('are not cancelled by name, and the refusal says how many may be', () => {
    const given = onTerms.given(...bought, cancel({ a: 1 }), creditOne);
    given
      .when(cancel({ a: 2 }))
      .thenRejected('lawBroken', { law: 'Q4', figures: { ordered: 3, cancelled: 1 } });
    const outcome = given.when();
    expect(outcome.harness.execute(cancel({ a: 2 }))).toMatchObject({
      rejection: { message: expect.stringContaining('Only 1 units of line "a"') },
    });
    given
      .when(cancel({ a: 1 }))
      .thenEvents('order.cancellation_requested', 'order.units_cancelled');
  });
});

describe('a parcel', () => {
  it('is one under its id: told of again, only what is new is added', () => {
    const told = paid.given(...bought, dispatched({ a: 1 })).when(dispatched({ a: 2, b: 1 }));
    expect(lastData(told)).toMatchObject({
      lines: unitsOf({ a: 2, b: 1 }),
      delta: unitsOf({ a: 1, b: 1 }),
    });
    told.harness.execute(dispatched({ a: 1 }, { shipmentId: 's2' }));
    expect(lastData(told)).toMatchObject({ delta: unitsOf({ a: 1 }) });
  });

  it('told as voided before anybody told of its dispatch takes nothing off', () => {
    const told = paid.given(...bought).when(voidedDispatch({ a: 2 }));
    expect(lastData(told)).toMatchObject({ lines: unitsOf({ a: 2 }), delta: [] });
    told.harness.execute(dispatched({ a: 3 }));
    expect(lastData(told)).toMatchObject({ lines: unitsOf({ a: 3 }), delta: unitsOf({ a: 1 }) });
  });

  it('told of twice and differently, the lesser carrier and tracking count', () => {
    const one = dispatched({ a: 1 }, { carrier: 'dhl', tracking: '1' });
    const other = dispatched({ a: 1 }, { carrier: 'ups', tracking: '2' });
    for (const reports of [
      [one, other, dispatched({ a: 1 })],
      [dispatched({ a: 1 }), other, one],
    ]) {
      paid
        .given(...bought)
        .when(...reports)
        .thenOrder(({ shipments }) => {
          expect(shipments).toMatchObject([{ carrier: 'dhl', tracking: '1' }]);
        });
    }
  });

  it('told of again with its carrier alone, or its tracking alone, has it from then on', () => {
    paid
      .given(...bought, dispatched({ a: 1 }))
      .when(dispatched({ a: 1 }, { carrier: 'dhl' }), dispatched({ a: 1 }, { tracking: '1' }))
      .thenEvents('shipment.dispatched', 'shipment.dispatched')
      .thenOrder(({ shipments }) => {
        expect(shipments).toMatchObject([{ carrier: 'dhl', tracking: '1' }]);
      });
  });

  it('has nothing but what was told of it', () => {
    const untold = { carrier: null, tracking: null, deliveredAt: null, deliveryDated: false };
    const none = { dispatched: [], voided: [], delivered: [], lost: [], returnedToSender: [] };
    paid
      .given(...bought)
      .when(dispatched({ a: 1 }), voidedDispatch({ a: 1 }, { shipmentId: 's2' }))
      .thenOrder(({ deliveredAt, shipments }) => {
        expect(deliveredAt).toBeNull();
        expect(shipments).toEqual([
          { id: 's1', ...untold, ...none, dispatched: unitsOf({ a: 1 }) },
          { id: 's2', ...untold, ...none, voided: unitsOf({ a: 1 }) },
        ]);
      });
  });

  it('that arrived first does not move the time of one that arrived later', () => {
    const [early, late] = [1_767_000_000_000, 1_767_100_000_000];
    const first = delivered({ a: 1 }, { occurredAt: late });
    const second = delivered({ a: 1 }, { occurredAt: early, shipmentId: 's2' });
    for (const reports of [
      [first, second],
      [second, first],
    ]) {
      paid
        .given(...bought)
        .when(...reports)
        .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(late));
    }
  });

  it('told of twice changes nothing the second time', () => {
    const told = delivered({ a: 1 }, { carrier: 'dhl', occurredAt: 1_767_225_600_000 });
    paid
      .given(...bought, told)
      .when(told)
      .thenNothing();
  });
});
