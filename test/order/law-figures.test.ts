import { describe, expect, it } from 'vitest';
import type { Step } from '../../src/testing/specification.ts';
import {
  authorized,
  captured,
  delivered,
  dispatched,
  disputed,
  paid,
  place,
  refunded,
  reportReturn,
  sold,
  three,
} from './commands.ts';

// What a discrepancy tells people and programs: the law, its subject and every figure.

/** What a report breaks: its name, what happened before, the report, the law, and the figures. */
type Row = readonly [string, readonly Step[], object, string, Readonly<Record<string, number>>];

const back = { returned: 0, returnedToSender: 0, creditedReturns: 0, creditedMissing: 0 };
const missing = { lost: 0, returnedToSender: 0, found: 0 };
const disputing = [place(), sold(10_000), disputed('Opened', 4000)];
const unrefunded = { captured: 10_000, refunded: 0, refundPending: 0 };

const rows: readonly Row[] = [
  [
    'more shipped than ordered',
    [three, sold(30_000)],
    dispatched({ a: 4 }),
    'Q1 line:a',
    { ordered: 3, cancelled: 0, shipped: 4, ...back },
  ],
  [
    'more delivered than shipped',
    [three, sold(30_000), dispatched({ a: 2 })],
    delivered({ a: 3 }),
    'Q2 line:a',
    { shipped: 2, delivered: 3, ...missing },
  ],
  [
    'more back than shipped',
    [three, sold(30_000), dispatched({ a: 1 }), delivered({ a: 1 })],
    reportReturn('received', { a: 2 }),
    'Q3 line:a',
    { shipped: 1, ...missing, returnRequested: 0, returned: 2 },
  ],
  [
    'more captured than authorized',
    [place(), authorized(10_000)],
    captured(10_001),
    'M1 payment:p1',
    { authorized: 10_000, captured: 10_001, capturePending: 0 },
  ],
  [
    'less left than nothing',
    [place(), authorized(10_000)],
    captured(10_001),
    'M2 payment:p1',
    { authorized: 10_000, captured: 10_001, released: 0, remaining: -1 },
  ],
  [
    'more refunded than captured',
    [place(), sold(10_000)],
    refunded(10_001),
    'M3 payment:p1',
    { captured: 10_000, refunded: 10_001, refundPending: 0 },
  ],
  [
    'more disputed than captured',
    disputing,
    disputed('Withdrawn', 10_001),
    'M3 payment:p1',
    { ...unrefunded, disputed: 10_001, reinstatedBeyond: 0 },
  ],
  [
    'more reinstated than was withdrawn',
    disputing,
    disputed('Reinstated', 1),
    'M3 payment:p1',
    { ...unrefunded, disputed: 0, reinstatedBeyond: 1 },
  ],
  [
    'shipped before the policy is met',
    [place()],
    dispatched({ a: 1 }),
    'F1 order',
    { shipped: 1, authorized: 0, captured: 0, confirmTotal: 10_000 },
  ],
];

describe('a discrepancy tells all figures of', () => {
  it.each(rows)('%s', (_, given, when, breach, figures) => {
    const [law, subject] = breach.split(' ');
    const { harness } = paid.given(...given).when(when);
    const told = harness.events
      .filter(({ type, data }) => type === 'discrepancy.detected' && data['law'] === law)
      .map(({ data: { discrepancyId, ...data } }) => data);
    expect(told).toStrictEqual([{ law, subject, figures }]);
  });
});
