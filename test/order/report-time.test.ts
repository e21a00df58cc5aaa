import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineExtension } from '../../src/order/extension.ts';
import { clockToleranceMs } from '../../src/rules/report-time.ts';
import { later, orderSpecification } from '../../src/testing/specification.ts';
import { day, delivered, dispatched, paid, place, sold, unitsOf } from './commands.ts';

/** When the harness begins. */
const start = 1_767_225_600_000;
const year9999 = 253_402_300_799_999;

const out = [place(), sold(10_000), dispatched({ a: 1 })];

const granted = (occurredAt?: number) => ({
  type: 'fulfillment.report',
  outcome: 'granted',
  objectId: 'licence-1',
  source: 'licences',
  reportId: 'r',
  lines: unitsOf({ a: 1 }),
  ...(occurredAt !== undefined && { occurredAt }),
});

const request = { type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1 }) };

describe('when a delivery happened', () => {
  it('told with and without its time, the time told counts, in whatever order', () => {
    const told = delivered({ a: 1 }, { occurredAt: start - day });
    const silent = delivered({ a: 1 });
    for (const reports of [
      [told, silent],
      [silent, told],
    ]) {
      paid
        .given(...out)
        .when(...reports)
        .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start - day));
    }
  });

  it('a grant told with and without its time as well', () => {
    for (const reports of [
      [granted(), granted(start - day)],
      [granted(start - day), granted()],
    ]) {
      paid
        .given(place(), sold(10_000))
        .when(...reports)
        .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start - day));
    }
  });

  it('of deliveries that nobody dates, the first recording counts for each parcel', () => {
    const two = place({ lines: [{ id: 'a', quantity: 3, unitPrice: 1000 }] });
    const other = { shipmentId: 's2' };
    paid
      .given(two, sold(3000), dispatched({ a: 2 }), dispatched({ a: 1 }, other))
      .when(delivered({ a: 1 }), later(day), delivered({ a: 2 }))
      .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start));
    paid
      .given(two, sold(3000), dispatched({ a: 2 }), dispatched({ a: 1 }, other))
      .when(delivered({ a: 2 }), later(day), delivered({ a: 1 }, other))
      .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start + day));
  });

  it('a time that is the very moment of recording is told, and stays so', () => {
    const now = delivered({ a: 1 }, { occurredAt: start });
    paid
      .given(...out, now, later(1))
      .when(now)
      .thenNothing();
    paid
      .given(...out, now)
      .when(delivered({ a: 1 }, { occurredAt: start - day }))
      .thenNothing()
      .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start));
  });

  it('a time beyond the tolerance counts as not told: the year 9999 holds no return window open', () => {
    const told = delivered({ a: 1 }, { occurredAt: year9999 });
    const { harness } = paid
      .given(...out)
      .when(told)
      .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(start));
    const recorded = harness.events.find(({ type }) => type === 'shipment.delivered');
    expect(recorded).toMatchObject({ occurredAt: start, data: { dated: false } });
    paid
      .given(...out, told, later(31 * day))
      .when(request)
      .thenRejected('guardRefused', { guard: 'returnWindowOpen' });
  });

  it('a clock that is ahead by no more than the tolerance is believed', () => {
    const at = (occurredAt: number) =>
      paid.given(...out).when(delivered({ a: 1 }, { occurredAt })).harness.state?.order.deliveredAt;
    expect(clockToleranceMs).toBe(5 * 60_000);
    expect(at(start + clockToleranceMs)).toBe(start + clockToleranceMs);
    expect(at(start + clockToleranceMs + 1)).toBe(start);
  });
});

describe('when something of an extension happened', () => {
  const seen = defineExtension({
    name: 'seen',
    data: { at: 0 },
    events: { 'parcel.seen': z.strictObject({ at: z.int() }) },
    recipes: {
      'parcel.seen': (data, { at }) => {
        data.at = at;
      },
    },
    reports: { 'parcel.see': z.strictObject({}) },
    decide: {
      'parcel.see': ({ occurredAt = -1 }) => [{ type: 'parcel.seen', data: { at: occurredAt } }],
    },
  });
  const { given } = orderSpecification({ extensions: [seen] });
  const see = (occurredAt: number) => ({
    type: 'parcel.see',
    source: 'camera',
    reportId: 'r',
    occurredAt,
  });

  it('its reports lose a time beyond the tolerance as well, and keep any other', () => {
    const at = (occurredAt: number) =>
      given(place()).when(see(occurredAt)).harness.state?.order.extensions['seen'];
    expect(at(start + clockToleranceMs)).toEqual({ at: start + clockToleranceMs });
    expect(at(year9999)).toEqual({ at: -1 });
  });
});
